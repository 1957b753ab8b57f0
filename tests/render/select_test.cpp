// Selections of heads, batch items and layers, and reductions over them.
#include <cmath>
#include <limits>

#include "picture.hpp"

using namespace attn;
using namespace attn::test;
using Indices = std::vector<std::size_t>;

namespace {

Indices indices(const char* text, std::size_t extent) {
  const AxisSelection selection = parse_selection(text, extent, "--head");
  CHECK(selection.kind == AxisSelection::Kind::indices);
  return selection.indices;
}

std::string refused_selection(const char* text, std::size_t extent) {
  return error_of(ErrorKind::usage, [=] { parse_selection(text, extent, "--head"); });
}

// Element k is k.
Tensor counting(Shape shape) {
  Tensor tensor(DType::f32, std::move(shape));
  const auto values = tensor.values<float>();
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k);
  return tensor;
}

std::vector<float> first_of(const std::vector<SelectedMatrix>& matrices) {
  std::vector<float> firsts;
  for (const SelectedMatrix& matrix : matrices) firsts.push_back(matrix.values.values<float>()[0]);
  return firsts;
}

std::vector<std::string> titles(const std::vector<SelectedMatrix>& matrices) {
  std::vector<std::string> found;
  for (const SelectedMatrix& matrix : matrices) found.push_back(matrix.title);
  return found;
}

}  // namespace

TEST_CASE("selections are numbers, lists, half-open ranges and all") {
  CHECK(indices("3", 8) == Indices{3});
  CHECK(indices("-1", 8) == Indices{7});
  CHECK(indices("1,5,1", 8) == Indices{1, 5, 1});
  CHECK(indices("2:5", 8) == Indices{2, 3, 4});
  CHECK(indices("-2:8", 8) == Indices{6, 7});
  CHECK(indices(":2,7", 8) == Indices{0, 1, 7});
  CHECK(indices("6:", 8) == Indices{6, 7});
  CHECK(indices("all", 3) == Indices{0, 1, 2});
  CHECK(parse_selection("mean", 8, "--head").kind == AxisSelection::Kind::mean);
  CHECK(parse_selection("max", 8, "--head").kind == AxisSelection::Kind::max);
  CHECK(parse_selection("min", 8, "--head").kind == AxisSelection::Kind::min);
  CHECK(parse_selection("std", 8, "--head").kind == AxisSelection::Kind::std);
}

TEST_CASE("selections that cannot be are refused") {
  CHECK(refused_selection("8", 8) == "--head: 8 does not exist; there are 8, 0 to 7");
  CHECK(refused_selection("-9", 8) == "--head: -9 does not exist; there are 8, 0 to 7");
  CHECK(refused_selection("0:9", 8) == "--head: 9 does not exist; there are 8, 0 to 7");
  CHECK(refused_selection("1", 1) == "--head: 1 does not exist; there is 1, number 0");
  CHECK(refused_selection("5:5", 8) == "--head: '5:5' selects nothing; A:B is A to B-1");
  CHECK(refused_selection("meen", 8) ==
        "--head: 'meen' is not N, N,M, A:B, all, mean, max, min or std; did you mean 'mean'?");
  CHECK(refused_selection("1,,2", 8) == "--head: '1,,2' is not N, N,M, A:B, all, mean, max, min or std");
  CHECK(refused_selection("", 8) == "--head: '' is not N, N,M, A:B, all, mean, max, min or std");
  CHECK(refused_selection("1:2:3", 8) == "--head: '1:2:3' is not N, N,M, A:B, all, mean, max, min or std");
}

TEST_CASE("layers are selected and named by their numbers") {
  const std::vector<std::int64_t> numbers{3, 5, 8};
  const auto places = [&](const char* text) { return parse_numbered_selection(text, numbers, "--layer").indices; };
  CHECK(places("5") == std::vector<std::size_t>{1});
  CHECK(places("8,3") == std::vector<std::size_t>{2, 0});
  CHECK(places("-1") == std::vector<std::size_t>{2});
  CHECK(places("4:8") == std::vector<std::size_t>{1});
  CHECK(places(":6") == std::vector<std::size_t>{0, 1});
  CHECK(places("5:") == std::vector<std::size_t>{1, 2});
  CHECK(places("all") == std::vector<std::size_t>{0, 1, 2});
  const auto refused_number = [&](const char* text) {
    return error_of(ErrorKind::usage, [=] { parse_numbered_selection(text, numbers, "--layer"); });
  };
  CHECK(refused_number("4") == "--layer: 4 does not exist; there are 3, 5, 8");
  CHECK(refused_number("-4") == "--layer: -4 does not exist; there are 3, 5, 8");
  CHECK(refused_number("6:8") == "--layer: '6:8' selects nothing; A:B is A to B-1");
  CHECK(titles(select_matrices(counting({3, 1, 1, 1, 1}), {.layer = "all", .layers = numbers})) ==
        std::vector<std::string>{"Layer 3", "Layer 5", "Layer 8"});
  CHECK(first_of(select_matrices(counting({3, 1, 1, 1, 1}), {.layer = "5", .layers = numbers})) ==
        std::vector<float>{1});
  // The only one, too, if it has a number.
  CHECK(titles(select_matrices(counting({1, 1, 1, 1, 1}), {.layers = {5}})) == std::vector<std::string>{"Layer 5"});
  CHECK(titles(select_matrices(counting({1, 1, 1, 1, 1}), {})) == std::vector<std::string>{""});
  // Numbers of another tensor do not count.
  CHECK(titles(select_matrices(counting({2, 1, 1, 1, 1}), {.layer = "all", .layers = numbers})) ==
        std::vector<std::string>{"Layer 0", "Layer 1"});
  CHECK(is_reduction("std"));
  CHECK_FALSE(is_reduction("all"));
}

TEST_CASE("by default all heads of batch item 0 in the last layer are taken") {
  const auto matrices = select_matrices(counting({3, 2, 4, 2, 5}), {});
  CHECK(first_of(matrices) == std::vector<float>{160, 170, 180, 190});
  CHECK(titles(matrices)[3] == "Layer 2, Batch 0, Head 3");
  CHECK(matrices[0].values.shape() == Shape{2, 5});
}

TEST_CASE("titles name only the axes that offer a choice") {
  CHECK(titles(select_matrices(counting({2, 2}), {})) == std::vector<std::string>{""});
  CHECK(titles(select_matrices(counting({1, 1, 2, 2}), {})) == std::vector<std::string>{""});
  CHECK(titles(select_matrices(counting({2, 2, 2}), {})) == std::vector<std::string>{"Head 0", "Head 1"});
  CHECK(titles(select_matrices(counting({2, 1, 8, 2, 2}), {"3", "0", "1"})) ==
        std::vector<std::string>{"Layer 1, Head 3"});
  CHECK(titles(select_matrices(counting({8, 2, 2}), {"mean", "0", "-1"})) ==
        std::vector<std::string>{"Mean of 8 heads"});
  CHECK(titles(select_matrices(counting({2, 8, 1, 2, 2}), {"0", "max", "all"})) ==
        std::vector<std::string>{"Layer 0, Maximum of 8 batch items", "Layer 1, Maximum of 8 batch items"});
}

TEST_CASE("several layers, batch items and heads come in the tensor's order") {
  const auto matrices = select_matrices(counting({2, 3, 4, 1, 1}), {"0,2", "1:3", "all"});
  CHECK(first_of(matrices) == std::vector<float>{4, 6, 8, 10, 16, 18, 20, 22});
}

TEST_CASE("heads are reduced as numpy reduces them") {
  const std::vector<float> values{1, 5, 2, 7, 6, 0};  // 3 heads of (1, 2)
  const auto reduced = [&](const char* how) {
    const auto matrices = select_matrices(Tensor::of<float>({3, 1, 2}, values), {how, "0", "-1"});
    REQUIRE(matrices.size() == 1);
    const auto result = matrices[0].values.values<float>();
    return std::vector<float>(result.begin(), result.end());
  };
  CHECK(reduced("mean") == std::vector<float>{3, 4});
  CHECK(reduced("max") == std::vector<float>{6, 7});
  CHECK(reduced("min") == std::vector<float>{1, 0});
  CHECK(reduced("std")[0] == Approx(2.160246899469287));  // np.std([1, 2, 6])
  CHECK(reduced("std")[1] == Approx(2.943920288775949));  // np.std([5, 7, 0])
}

TEST_CASE("the head axis is reduced before the layers") {
  const std::vector<float> values{1, 4, 3, 2};  // 2 layers, 1 batch item, 2 heads
  const auto matrices = select_matrices(Tensor::of<float>({2, 1, 2, 1, 1}, values), {"max", "0", "mean"});
  CHECK(first_of(matrices) == std::vector<float>{3.5F});
  CHECK(titles(matrices) == std::vector<std::string>{"Mean of 2 layers, Maximum of 2 heads"});
}

TEST_CASE("reductions keep NaN, in the first head as in the last") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> values{nan, 1, 2, nan};
  for (const char* how : {"mean", "max", "min", "std"}) {
    const auto matrices = select_matrices(Tensor::of<float>({2, 1, 2}, values), {how, "0", "-1"});
    CHECK(std::isnan(matrices[0].values.values<float>()[0]));
    CHECK(std::isnan(matrices[0].values.values<float>()[1]));
  }
}

TEST_CASE("the deviation of one head is zero, not undefined") {
  const auto matrices = select_matrices(counting({1, 1, 2}), {"std", "0", "-1"});
  CHECK(matrices[0].values.values<float>()[1] == 0);
}

TEST_CASE("float64 stays float64, and bytes become float32") {
  const std::vector<double> doubles{0.1, 0.2};
  const auto matrices = select_matrices(Tensor::of<double>({2, 1, 1}, doubles), {"mean", "0", "-1"});
  CHECK(matrices[0].values.values<double>()[0] == Approx(0.15).epsilon(1e-15));
  const std::vector<std::uint8_t> bits{1, 0};
  CHECK(first_of(select_matrices(Tensor::of<std::uint8_t>({2, 1, 1}, bits), {})) == std::vector<float>{1, 0});
}

TEST_CASE("a difference is element by element, and the greatest that is finite is told") {
  const float infinity = std::numeric_limits<float>::infinity();
  Tensor from = matrix(2, 2, {1, 2, infinity, std::nanf("")});
  CHECK(subtract(from, matrix(2, 2, {4, 1, 0, 0})) == 3);
  const auto cells = from.values<float>();
  CHECK(cells[0] == -3);
  CHECK(cells[1] == 1);
  CHECK(cells[2] == infinity);
  CHECK(std::isnan(cells[3]));
  CHECK(subtract(from, matrix(2, 2, {-infinity, -infinity, 0, 0})) == 0);
}

TEST_CASE("a difference is of float64 where one of its matrices is") {
  const std::vector<double> wide{1 + 1e-10, 2};
  const auto differ = [&wide](bool wide_first) {
    Tensor numbers = Tensor::of<double>({1, 2}, wide), narrow = matrix(1, 2, {1, 2});
    Tensor& from = wide_first ? numbers : narrow;
    const double greatest = subtract(from, wide_first ? narrow : numbers);
    CHECK(greatest == Approx(1e-10).epsilon(1e-5));
    CHECK(from.values<double>()[0] == (wide_first ? greatest : -greatest));
    CHECK(from.values<double>()[1] == 0);
  };
  differ(true);
  differ(false);
}

TEST_CASE("tensors that hold no matrices are refused") {
  CHECK(error_of(ErrorKind::data, [] { select_matrices(counting({4}), {}); }) ==
        ": a picture needs matrices, a tensor of rank 2 to 5; its shape is (4,)");
  CHECK(error_of(ErrorKind::data, [] {
          select_matrices(counting({0, 2, 2}), {});
        }) == ": a tensor of shape (0, 2, 2) holds no matrix");
  CHECK(error_of(ErrorKind::usage, [] {
          select_matrices(counting({2, 2}), {"3", "0", "-1"});
        }) == "`head`: 3 does not exist; there is 1, number 0");
  CHECK(error_of(ErrorKind::usage, [] {
          select_matrices(counting({2, 2, 1, 1}), {"0", "2", "-1"});
        }) == "`batch`: 2 does not exist; there are 2, 0 to 1");
  CHECK(error_of(ErrorKind::usage, [] {
          select_matrices(counting({2, 2}), {"0", "0", "1"});
        }) == "`layer`: 1 does not exist; there is 1, number 0");
}

TEST_CASE("a selected matrix knows its indices; an axis that is reduced or not there has none", "[select]") {
  const Tensor tensor = Tensor::zeros(DType::f32, {2, 3, 4, 1, 1});
  const auto matrices = select_matrices(tensor, {.head = "1,3", .batch = "mean", .layer = "-1"});
  REQUIRE(matrices.size() == 2);
  CHECK(matrices[1].layer == 1U);
  CHECK(matrices[1].batch == std::nullopt);
  CHECK(matrices[0].head == 1U);
  CHECK(matrices[1].head == 3U);
  const auto heads = select_matrices(Tensor::zeros(DType::f32, {4, 1, 1}), {});
  REQUIRE(heads.size() == 4);
  CHECK(heads[2].layer == std::nullopt);
  CHECK(heads[2].batch == std::nullopt);
  CHECK(heads[2].head == 2U);
}
