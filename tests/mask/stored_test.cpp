// Stored masks: broadcasting of every rank, files in expressions, and shapes that do not fit.
#include <map>
#include <random>

#include "mask/oracle.hpp"

namespace attn::test {
namespace {

constexpr std::size_t B = 2, H = 3, L = 5, S = 19;

MaskShape scores() {
  MaskShape shape = grid_of(L, S);
  shape.batch = B;
  shape.heads = H;
  return shape;
}

// Runs of 0 and 1 of many lengths, so that every way of finding their ends is used.
Tensor runs(const Shape& shape) {
  Tensor tensor(DType::u8, shape);
  std::mt19937 random(static_cast<unsigned>(17 + shape.size()));
  std::uint8_t value = 0;
  std::uint_fast32_t left = 0;
  for (std::uint8_t& element : tensor.values<std::uint8_t>()) {
    if (left == 0) {
      value ^= 1;
      left = 1 + random() % 14;
    }
    element = value;
    --left;
  }
  return tensor;
}

// The element that (b, h, i, k) is broadcast from; a rank-3 mask names `third` before L and S.
Predicate element_of(const Tensor& mask, std::size_t Score::*third) {
  return [&mask, third](const Score& s) {
    const std::vector<std::size_t> at{s.b, third == &Score::b ? s.b : s.h, static_cast<std::size_t>(s.i),
                                      static_cast<std::size_t>(s.k)};
    std::size_t index = 0;
    for (std::size_t axis = 0; axis < mask.rank(); ++axis) {
      const std::size_t extent = mask.shape()[axis];
      index = index * extent + (extent == 1 ? 0 : at[4 - mask.rank() + axis]);
    }
    return mask.values<std::uint8_t>()[index] != 0;
  };
}

std::string bind_error(Shape mask_shape, bool rank3_is_batch, MaskShape shape) {
  const Mask mask = Mask::stored(Tensor::zeros(DType::u8, std::move(mask_shape)), "in.json#/mask");
  shape.rank3_is_batch = rank3_is_batch;
  return error_of([&] { mask.bind(shape); }, ErrorKind::data);
}

}  // namespace

TEST_CASE("a stored mask broadcasts from the right, whatever its rank") {
  for (const Shape& shape :
       {Shape{}, Shape{1}, Shape{S}, Shape{1, S}, Shape{L, 1}, Shape{L, S}, Shape{1, L, S}, Shape{H, L, S},
        Shape{H, 1, S}, Shape{H, L, 1}, Shape{1, 1, 1, 1}, Shape{B, 1, 1, S}, Shape{1, H, 1, S}, Shape{B, H, L, 1},
        Shape{B, 1, L, S}, Shape{1, H, L, S}, Shape{B, H, L, S}}) {
    INFO(shape_text(shape));
    const Tensor mask = runs(shape);
    const BoundMask bound = Mask::stored(mask.clone(), "mask").bind(scores());
    CHECK(difference(bound, element_of(mask, &Score::h)) == "");
    CHECK(bound.varies_by_batch() == (shape.size() == 4 && shape[0] > 1));
    CHECK(bound.varies_by_head() == (shape.size() >= 3 && shape[shape.size() - 3] > 1));
  }
}

TEST_CASE("a stored mask of rank 3 is one for each batch item where the input has rank 3") {
  MaskShape shape = scores();
  shape.rank3_is_batch = true;
  for (const std::size_t heads : {1U, 3U}) {
    shape.heads = heads;
    for (const Shape& own : {Shape{B, L, S}, Shape{1, L, S}, Shape{B, 1, S}, Shape{L, S}, Shape{S}}) {
      const Tensor mask = runs(own);
      const BoundMask bound = Mask::stored(mask.clone(), "mask").bind(shape);
      CHECK(difference(bound, element_of(mask, &Score::b)) == "");
      CHECK(bound.varies_by_batch() == (own.size() == 3 && own[0] > 1));
      CHECK_FALSE(bound.varies_by_head());
    }
    const Tensor mask = runs({B, heads, L, S});
    CHECK(difference(Mask::stored(mask.clone(), "mask").bind(shape), element_of(mask, &Score::h)) == "");
  }
}

TEST_CASE("stored masks of empty grids are valid") {
  CHECK(difference(Mask::stored(Tensor(DType::u8, {0, 4}), "m").bind(grid_of(0, 4)), {}) == "");
  CHECK(difference(Mask::stored(Tensor(DType::u8, {3, 0}), "m").bind(grid_of(3, 0)), {}) == "");
  CHECK(difference(Mask::stored(Tensor(DType::u8, {0, 0}), "m").bind(grid_of(0, 0)), {}) == "");
}

TEST_CASE("a stored mask is combined like any atom") {
  const Tensor mask = runs({H, L, S});
  const auto load = [&mask](const std::string&) { return mask.clone(); };
  const Predicate element = element_of(mask, &Score::h);
  CHECK(difference(Mask::parse("!file:x & (causal | sink:7)", "--mask", load).bind(scores()),
                   [&](const Score& s) { return !element(s) && (s.k <= s.p || s.k < 7); }) == "");
}

TEST_CASE("a shape that does not broadcast is refused with both shapes") {
  MaskShape shape = grid_of(5, 6);
  shape.batch = 2;
  shape.heads = 8;
  const std::string scores_shape = " does not broadcast to the scores' (2, 8, 5, 6)";
  CHECK(bind_error({3, 4}, false, shape) == "in.json#/mask: the mask's shape (3, 4)" + scores_shape);
  CHECK(bind_error({5, 4}, false, shape) == "in.json#/mask: the mask's shape (5, 4)" + scores_shape);
  CHECK(bind_error({5, 7}, false, shape) == "in.json#/mask: the mask's shape (5, 7)" + scores_shape);
  CHECK(bind_error({0, 6}, false, shape) == "in.json#/mask: the mask's shape (0, 6)" + scores_shape);
  CHECK(bind_error({2, 5, 6}, false, shape) == "in.json#/mask: the mask's shape (2, 5, 6)" + scores_shape +
                                                   "; for a matrix of each batch item it is (2, 1, 5, 6)");
  CHECK(bind_error({1, 1, 1, 5, 6}, false, shape) == "in.json#/mask: the mask's shape (1, 1, 1, 5, 6)" + scores_shape);
  CHECK(bind_error({8, 5, 6}, true, shape) ==
        "in.json#/mask: the mask's shape (8, 5, 6) does not broadcast to the scores' (2, 5, 6)");
  // Leading axes that the input may never have named are left out.
  CHECK(bind_error({3, 4}, false, grid_of(5, 6)) ==
        "in.json#/mask: the mask's shape (3, 4) does not broadcast to the scores' (5, 6)");
  CHECK(bind_error({2, 1, 5, 6}, false, grid_of(5, 6)) ==
        "in.json#/mask: the mask's shape (2, 1, 5, 6) does not broadcast to the scores' (1, 1, 5, 6)");
}

TEST_CASE("a mask of numbers that are no bytes is refused") {
  CHECK(error_of([] { Mask::stored(Tensor::zeros(DType::f32, {2}), "m.npy"); }, ErrorKind::data) ==
        "m.npy: a mask holds 0 and 1, not numbers of type f32");
}

TEST_CASE("file reads its path through the loader, in quotes or without") {
  std::vector<std::string> loaded;
  const auto load = [&loaded](const std::string& path) {
    loaded.push_back(path);
    return Tensor::zeros(DType::u8, {1});
  };
  Mask::parse(R"(file:a.npy&file:d/b.npz:m,1! | (file: c.csv)|file:"a b (1).npy"|file:"q\"\\.npy")", "--mask", load);
  CHECK(loaded == std::vector<std::string>{"a.npy", "d/b.npz:m,1!", "c.csv", "a b (1).npy", "q\"\\.npy"});
  for (const std::string text : {"file:a.npy", "file:b.npz:m", R"(file:"a b.npy")", R"(file:"q\"\\(.npy")"})
    CHECK(Mask::parse(text, "--mask", load).text() == text);
  CHECK(Mask::stored(Tensor::zeros(DType::u8, {1}), "in 1.json").text() == "file:\"in 1.json\"");
}

TEST_CASE("a file atom takes rank 3 as it is told") {
  const Tensor mask = runs({B, L, S});
  const auto load = [&mask](const std::string&) { return mask.clone(); };
  MaskShape by_batch = scores();
  by_batch.rank3_is_batch = true;
  CHECK(difference(Mask::parse("file:m", "--mask", load).bind(by_batch), element_of(mask, &Score::b)) == "");
  CHECK(error_of([&] { Mask::parse("file:m", "--mask", load).bind(scores()); }, ErrorKind::data) ==
        "m: the mask's shape (2, 5, 19) does not broadcast to the scores' (2, 3, 5, 19); for a matrix of each batch "
        "item it is (2, 1, 5, 19)");
}

TEST_CASE("a mask of keys for each batch item is told the shape that works, and what it was read as") {
  MaskShape shape = grid_of(3, 5);
  shape.batch = 2;
  for (const bool rank3_is_batch : {false, true}) {
    shape.heads = rank3_is_batch ? 1 : 4;
    const std::string error = bind_error({2, 5}, rank3_is_batch, shape);
    CHECK(error.ends_with("; for keys of each batch item it is (2, 1, 1, 5)"));
    // The advice is good.
    shape.rank3_is_batch = rank3_is_batch;
    const Tensor mask = runs({2, 1, 1, 5});
    CHECK(difference(Mask::stored(mask.clone(), "m").bind(shape), element_of(mask, &Score::h)) == "");
  }
  const Mask square = Mask::stored(Tensor::zeros(DType::u8, {2, 5}), "in.json#/mask");
  CHECK(square.notes(shape).empty());
  shape.queries = 2;
  CHECK((Mask::causal() & square).notes(shape) ==
        std::vector<std::string>{"the mask of in.json#/mask has the shape (2, 5) and was read as (L, S), one for all "
                                 "batch items; for keys of each batch item it is (2, 1, 1, 5)"});
  shape.batch = 1;
  CHECK(square.notes(shape).empty());
}

TEST_CASE("a mask of the new keys leaves the cached ones open") {
  MaskShape shape = grid_of(3, 7, 4);
  shape.cached_keys = 4;
  const Mask mask = Mask::stored(runs({3, 3}), "in.json#/mask");
  CHECK(error_of([&] { mask.bind(shape); }, ErrorKind::data) ==
        "in.json#/mask: the mask's shape (3, 3) does not broadcast to the scores' (3, 7); it has the new keys alone: "
        "`mask_of` new lets every query attend the 4 cached ones");
  shape.masks_are_of_new_keys = true;
  const Tensor own = runs({3, 3});
  const auto shown = [&own](const Score& s) {
    return s.k < 4 || own.values<std::uint8_t>()[static_cast<std::size_t>(s.i * 3 + s.k - 4)] != 0;
  };
  CHECK(difference(mask.bind(shape), shown) == "");
  CHECK(difference((Mask::parse("!sink:2 & window:5,0", "--mask") & mask).bind(shape),
                   [&](const Score& s) { return shown(s) && s.k >= 2 && s.k <= s.p && s.p - s.k <= 5; }) == "");
  // One that says it is of all keys stays so.
  const Tensor all = runs({7});
  CHECK(difference(Mask::stored(all.clone(), "m", true).bind(shape), element_of(all, &Score::h)) == "");
  CHECK(bind_error({3, 7}, false, shape) ==
        "in.json#/mask: the mask's shape (3, 7) does not broadcast to the scores' (3, 3)");
}

TEST_CASE("mistakes in a file atom are named") {
  const auto load = [](const std::string&) { return Tensor::zeros(DType::u8, {1}); };
  const auto message = [&load](const std::string& expression) {
    return error_of([&] { Mask::parse(expression, "--mask", load); }, ErrorKind::usage);
  };
  CHECK(message("file") == "--mask: column 1: 'file' lacks its arguments; the form is file:PATH");
  CHECK(message("file:") == "--mask: column 6: 'file' lacks its path; the form is file:PATH");
  CHECK(message("all & file:|all") == "--mask: column 12: 'file' lacks its path; the form is file:PATH");
  CHECK(message("file:\"\"") == "--mask: column 6: 'file' lacks its path; the form is file:PATH");
  CHECK(message("file:\"a b") == "--mask: column 6: the quote is not closed");
  CHECK(message("file:\"a\\") == "--mask: column 6: the quote is not closed");
  CHECK(message("file:a b.npy") == "--mask: column 6: a path with spaces or operators is quoted: file:\"a b.npy\"");
  CHECK(message("(file:a  b c ) & all") ==
        "--mask: column 7: a path with spaces or operators is quoted: file:\"a  b c\"");
  CHECK(message("file:a(1).npy | all") ==
        "--mask: column 6: a path with spaces or operators is quoted: file:\"a(1).npy\"");
  CHECK(message(R"(file:a "b\ c)") ==
        R"(--mask: column 6: a path with spaces or operators is quoted: file:"a \"b\\ c")");
  const std::string unnamed = "--mask: column 6: a path with spaces or operators is quoted: file:\"PATH\"";
  CHECK(message("file:a\nb c") == unnamed);
  CHECK(message("file:a \x1b[31m") == unnamed);
  CHECK(message("file:a " + std::string(5000, 'b')) == unnamed);
  CHECK(error_of([] { Mask::parse("file:a", "--mask"); }, ErrorKind::usage) ==
        "--mask: column 6: files cannot be read here; the form is file:PATH");
}

TEST_CASE("what the loader throws comes through") {
  const auto load = [](const std::string& path) -> Tensor { throw data_error(path, "does not exist"); };
  CHECK(error_of([&] { Mask::parse("file:a", "--mask", load); }, ErrorKind::data) == "a: does not exist");
}

}  // namespace attn::test
