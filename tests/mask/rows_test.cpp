// Atoms whose rows differ between batch items: padding at both ends, prefixes, packed documents.
#include <array>

#include "mask/oracle.hpp"
#include "mask/other_names.hpp"

namespace attn::test {
namespace {

constexpr std::array<std::int64_t, 3> starts{0, 2, 5};

MaskShape padded(std::size_t queries, std::size_t keys, std::int64_t offset = 0) {
  MaskShape shape = grid_of(queries, keys, offset);
  shape.batch = 3;
  shape.heads = 2;
  shape.key_starts.assign(starts.begin(), starts.end());
  return shape;
}

void check_from_start(const std::string& expression, const Predicate& attends) {
  INFO(expression);
  const Mask mask = Mask::parse(expression, "--mask") & Mask::key_starts();
  for (const auto& [queries, keys, offset] : {std::array<std::int64_t, 3>{9, 9, 0}, {2, 9, 7}, {9, 6, -2}, {0, 9, 0}}) {
    MaskShape shape = padded(static_cast<std::size_t>(queries), static_cast<std::size_t>(keys), offset);
    shape.positions = PositionsFrom::start;
    const BoundMask bound = mask.bind(shape);
    CHECK(difference(bound, [&](const Score& s) {
            return s.k >= starts[s.b] && attends({s.shape, s.b, s.h, s.i, s.p - starts[s.b], s.k - starts[s.b]});
          }) == "");
    CHECK(bound.varies_by_batch());
    // More keys after its own change nothing else.
    const BoundMask appended = bound.with_appended(2);
    CHECK(appended.stats(4, 4).attended ==
          bound.stats(4, 4).attended + 2 * bound.shape().queries * bound.shape().batch * bound.shape().heads);
  }
}

}  // namespace

TEST_CASE("keys before a batch item's start are padding", "[rows]") {
  CHECK(difference(Mask::key_starts().bind(padded(4, 8)), [](const Score& s) { return s.k >= starts[s.b]; }) == "");
  MaskShape shape = padded(3, 8);
  shape.key_starts = {0, 0, 0};
  CHECK(Mask::key_starts().bind(shape).unrestricted());
  shape.key_starts.clear();
  CHECK(Mask::key_starts().bind(shape).unrestricted());
  shape.key_starts = {1, 1, 1};
  CHECK_FALSE(Mask::key_starts().bind(shape).varies_by_batch());
  CHECK((Mask::causal() & Mask::key_starts()).text() == "causal & key_starts");
  shape.key_starts = {1};
  CHECK(error_of([&] { Mask().bind(shape); }, ErrorKind::data) ==
        "key_starts: 1 start for a batch of 3; one for each item is needed");
  shape.key_starts = {1, 9, 0};
  CHECK(error_of([&] { Mask().bind(shape); }, ErrorKind::data) ==
        "key_starts: 9 is not from 0 to the number of keys, 8");
  shape.key_starts.clear();
  shape.prefix_lengths = {1, 2};
  CHECK(error_of([&] { Mask().bind(shape); }, ErrorKind::data) ==
        "prefix_lengths: 2 lengths for a batch of 3; one for each item is needed");
}

TEST_CASE("atoms that name positions count them from the start", "[rows]") {
  for (const std::int64_t size : {1, 3, 4, 100})
    check_from_start("block:" + std::to_string(size),
                     [size](const Score& s) { return floor_of(s.p, size) == floor_of(s.k, size); });
  for (const std::string name : {"sink:", "prefix:"})
    for (const std::int64_t count : {0, 2, 7})
      check_from_start(name + std::to_string(count), [count](const Score& s) { return s.k < count; });
  check_from_start("global:0,3", [](const Score& s) { return s.p == 0 || s.p == 3 || s.k == 0 || s.k == 3; });
  check_from_start("grid:4x4,1", [](const Score& s) {
    return s.p >= 0 && std::abs(s.p / 4 - s.k / 4) <= 1 && std::abs(s.p % 4 - s.k % 4) <= 1;
  });
  // Distances and the causal order are the same from anywhere.
  check_from_start("causal", [](const Score& s) { return s.k <= s.p; });
  check_from_start("window:1,2 | stride:3 | dilated:4,2", [](const Score& s) {
    const std::int64_t d = s.p - s.k;
    return (d <= 1 && d >= -2) || d % 3 == 0 || (std::abs(d) <= 4 && d % 2 == 0);
  });
}

TEST_CASE("block:N:from-start counts from the start whatever the rest does", "[rows]") {
  const Mask mask = Mask::parse("block:3:from-start", "--mask");
  CHECK(mask.text() == "block:3:from-start");
  for (const PositionsFrom from : {PositionsFrom::unsaid, PositionsFrom::zero, PositionsFrom::start}) {
    MaskShape shape = padded(9, 9);
    shape.positions = from;
    CHECK(difference(mask.bind(shape), [](const Score& s) {
            return floor_of(s.p - starts[s.b], 3) == floor_of(s.k - starts[s.b], 3);
          }) == "");
    CHECK(mask.bind(shape).varies_by_batch());
    CHECK(mask.notes(shape).empty());
  }
  CHECK(picture("block:2:from-start", grid_of(3, 3)) == "110 110 001");
}

TEST_CASE("a note tells of positions that count from padding", "[rows]") {
  const std::string advice =
      " counts from key 0, which is padding in some rows; `positions` from-start counts from each row's first key, and "
      "from-zero says that this is meant";
  MaskShape shape = padded(9, 9);
  for (const std::string atom : {"block:3", "sink:1", "prefix:1", "global:0", "grid:3x3,1"})
    CHECK(Mask::parse("causal & !" + atom, "--mask").notes(shape) == std::vector<std::string>{atom + advice});
  CHECK(Mask::parse("causal & window:1,0 | stride:2 & padding:3", "--mask").notes(shape).empty());
  for (const PositionsFrom from : {PositionsFrom::zero, PositionsFrom::start}) {
    shape.positions = from;
    CHECK(Mask::parse("block:3 | sink:1", "--mask").notes(shape).empty());
  }
  shape.positions = PositionsFrom::unsaid;
  shape.key_starts = {0, 0, 0};
  CHECK(Mask::parse("block:3", "--mask").notes(shape).empty());
  shape.key_starts.clear();
  shape.positions = PositionsFrom::start;
  CHECK(Mask().notes(shape) ==
        std::vector<std::string>{"positions from-start: there are no key starts, and positions count from key 0; "
                                 "`key_starts` or the member key_starts gives them"});
}

TEST_CASE("prefix and padding take a number for each batch item", "[rows]") {
  MaskShape shape = padded(4, 8);
  shape.key_starts.clear();
  const auto count = [](const Score& s) { return starts[s.b]; };
  CHECK(difference(Mask::parse("prefix:0,2,5", "--mask").bind(shape), [&](const Score& s) { return s.k < count(s); }) ==
        "");
  CHECK(difference(Mask::parse("padding:0,2,5", "--mask").bind(shape),
                   [&](const Score& s) { return s.k < count(s); }) == "");
  CHECK(difference(Mask::parse("padding:0,2,5:left", "--mask").bind(shape),
                   [&](const Score& s) { return s.k >= count(s); }) == "");
  CHECK(difference(Mask::parse("padding:3:left", "--mask").bind(shape), [](const Score& s) { return s.k >= 3; }) == "");
  CHECK(Mask::parse("padding:0:left", "--mask").bind(shape).unrestricted());
  CHECK(Mask::parse("prefix:8,9,10", "--mask").bind(shape).unrestricted());
  CHECK(Mask::parse("prefix:1,2,1", "--mask").bind(shape).varies_by_batch());
  CHECK_FALSE(Mask::parse("prefix:2", "--mask").bind(shape).varies_by_batch());
  shape.prefix_lengths = {0, 2, 5};
  CHECK(difference(Mask::parse("causal | prefix", "--mask").bind(shape),
                   [&](const Score& s) { return s.k <= s.p || s.k < count(s); }) == "");
  for (const std::string text : {"prefix", "prefix:1,2", "padding:3,4:left", "documents:1,2/2,1:causal"})
    CHECK(Mask::parse(text, "--mask").text() == text);
}

TEST_CASE("lists that are not one number an item are told the form in their own name", "[rows]") {
  CHECK(bind_error("prefix:1,3", grid_of(4, 4)) ==
        "--mask: prefix: 2 numbers for a batch of 1; the form is prefix:N, or one number for each batch item");
  CHECK(bind_error("padding:1,3", padded(4, 8)) ==
        "--mask: padding: 2 numbers for a batch of 3; the form is padding:N, or one number for each batch item");
  CHECK(bind_error("padding:1,3:left", grid_of(4, 4)) ==
        "--mask: padding: 2 numbers for a batch of 1; the form is padding:N:left, or one number for each batch item");
  CHECK(bind_error("prefix", grid_of(4, 4)) ==
        "--mask: prefix: the input has no 'prefix_lengths', one for each batch item; prefix:N gives one for all");
}

TEST_CASE("segments may differ between batch items", "[rows]") {
  MaskShape shape = grid_of(4, 4);
  shape.batch = 2;
  shape.segments = {0, 0, 1, 1, 7, 3, 7, 3};
  const BoundMask mask = Mask::parse("segments", "--mask").bind(shape);
  CHECK(difference(mask, [](const Score& s) {
          const auto id = [&](std::int64_t n) { return s.shape.segments[s.b * 4 + static_cast<std::size_t>(n)]; };
          return id(s.p) == id(s.k);
        }) == "");
  CHECK(mask.varies_by_batch());
  shape.segments = {0, 0, 1, 1};
  CHECK_FALSE(Mask::parse("segments", "--mask").bind(shape).varies_by_batch());
}

TEST_CASE("documents may have other numbers of queries than of keys", "[rows]") {
  CHECK(picture("documents:2,3/4,1", grid_of(5, 5)) == "11110 11110 00001 00001 00001");
  CHECK(picture("documents:1,0,2/2,1,3", grid_of(3, 6)) == "110000 000111 000111");
  // The last query of each document at its last key, as flash-attention's varlen has it; an offset changes nothing.
  CHECK(picture("documents:2,3/4,1:causal", grid_of(5, 5, 9)) == "11100 11110 00000 00000 00001");
  CHECK(picture("documents:1,2:causal", grid_of(3, 3)) == "100 010 011");
  CHECK(bind_error("documents:2,3/4,1", grid_of(4, 5)) ==
        "--mask: documents: the lengths of queries sum to 5, but the number of queries is 4");
  CHECK(bind_error("documents:2,3/4,1", grid_of(5, 6)) ==
        "--mask: documents: the lengths of keys sum to 5, but the number of keys is 6");
  const std::string form = "; the form is documents:L1,L2,...[/K1,K2,...][:causal]";
  CHECK(bind_error("documents:2,3/4", grid_of(5, 4)) ==
        "--mask: column 11: 2 lengths of queries, but 1 of keys: every document has one of both, which may be 0" +
            form);
  CHECK(bind_error("documents:2,3/4,1/2", grid_of(5, 5)) == "--mask: column 17: '1/2' is not a whole number" + form);
  CHECK(bind_error("documents:2/1152921504606846976,3", grid_of(2, 2)).find("too large to add up" + form) !=
        std::string::npos);
}

TEST_CASE("cumulative lengths are told what they are as lengths, and that is right", "[rows]") {
  CHECK(bind_error("documents:0,2,5", grid_of(5, 5)) ==
        "--mask: documents: the lengths sum to 7, but the number of keys is 5; of these cumulative lengths it is "
        "documents:2,3");
  CHECK(bind_error("documents:0,2,5/0,4,5:causal", grid_of(5, 5)) ==
        "--mask: documents: the lengths of queries sum to 7, but the number of queries is 5; of these cumulative "
        "lengths it is documents:2,3/4,1:causal");
  CHECK(picture("documents:2,3", grid_of(5, 5)) == "11000 11000 00111 00111 00111");
  CHECK(picture("documents:2,3/4,1:causal", grid_of(5, 5)) == "11100 11110 00000 00000 00001");
  CHECK(picture("documents:0,2,3", grid_of(5, 5)) == "11000 11000 00111 00111 00111");
}

TEST_CASE("a note tells that causal does not count within documents of queries and keys", "[rows]") {
  const MaskShape shape = grid_of(5, 5);
  CHECK(
      Mask::parse("causal & documents:2,3/4,1", "--mask").notes(shape) ==
      std::vector<std::string>{"causal counts positions over all documents of documents:2,3/4,1, not within each; "
                               "documents:2,3/4,1:causal lets the last query of a document attend up to its last key"});
  for (const char* quiet : {"documents:2,3/4,1", "causal & documents:2,3/2,3", "window:1,0 & documents:2,3/4,1:causal"})
    CHECK(Mask::parse(quiet, "--mask").notes(shape).empty());
}

TEST_CASE("every name of other libraries is answered with an expression that runs", "[rows]") {
  MaskShape shape = grid_of(6, 6);
  shape.segments = {0, 0, 1, 1, 1, 2};
  const auto error_of_name = [](const std::string& name) {
    return error_of([&] { Mask::parse(name, "--mask"); }, ErrorKind::usage);
  };
  std::size_t count = 0;
  for (const mask_detail::OtherName& other : mask_detail::other_names()) {
    const std::string example(other.example);
    CHECK_NOTHROW(Mask::parse(example, "--mask").bind(shape));
    std::istringstream names{std::string(other.names)};
    for (std::string name; names >> name; ++count) {
      INFO(name);
      const std::string error = error_of_name(name + ":4");
      CHECK(error.starts_with("--mask: column 1: unknown atom '" + name + "'; for "));
      CHECK(error.ends_with("'" + example + "'"));
    }
  }
  CHECK(count > 100);
  CHECK(error_of_name("sliding_window") ==
        "--mask: column 1: unknown atom 'sliding_window'; for a window of N keys that ends at the query write "
        "window:N-1,0, as in 'causal & window:3,0'");
  CHECK(error_of_name("Left-Padding:2").find("padding:N:left") != std::string::npos);
  CHECK(error_of_name("doc").find("'documents:2,4'") != std::string::npos);
}

}  // namespace attn::test
