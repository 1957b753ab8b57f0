// Arrays as layers, and as steps of generation.
#include "attn/stack.hpp"

#include <numeric>

#include "attn/error.hpp"
#include "support/catch.hpp"

using namespace attn;

namespace {

NamedTensor counting(const std::string& name, Shape shape, float from = 1, DType dtype = DType::f32) {
  Tensor tensor(DType::f32, std::move(shape));
  std::iota(tensor.values<float>().begin(), tensor.values<float>().end(), from);
  return {name, tensor.as(dtype)};
}

template <class... Arrays>
StackedArrays stacked(Arrays... arrays) {
  std::vector<NamedTensor> all;
  (all.push_back(std::move(arrays)), ...);
  return stack_arrays(std::move(all));
}

template <class... Arrays>
std::string refused(Arrays... arrays) {
  try {
    stacked(std::move(arrays)...);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::data);
    return error.where() + ": " + error.what();
  }
  FAIL("no error was thrown");
  return "";
}

template <class T>
std::vector<int> numbers(const Tensor& tensor) {
  const auto values = tensor.values<T>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("arrays of one shape are layers", "[stack]") {
  CHECK(stacked(counting("a", {2, 3})).tensor.shape() == Shape{2, 3});
  const StackedArrays two = stacked(counting("a", {2, 2, 1, 1}), counting("b", {2, 2, 1, 1}, 5));
  CHECK(two.tensor.shape() == Shape{2, 2, 2, 1, 1});
  CHECK(numbers<float>(two.tensor) == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(two.masked.size() == 0);
  CHECK(stacked(counting("a", {3, 1, 2}), counting("b", {3, 1, 2})).tensor.shape() == Shape{2, 1, 3, 1, 2});
  CHECK(stacked(counting("a", {1, 2}), counting("b", {1, 2})).tensor.shape() == Shape{2, 1, 1, 1, 2});
  // Float64 where one is.
  const StackedArrays wide = stacked(counting("a", {1, 2}), counting("b", {1, 2}, 5, DType::f64));
  CHECK(numbers<double>(wide.tensor) == std::vector<int>{1, 2, 5, 6});
}

TEST_CASE("arrays whose keys grow by their queries are steps", "[stack]") {
  // A prompt of two tokens, then one token twice; two heads.
  const StackedArrays steps =
      stacked(counting("a", {1, 2, 2, 2}), counting("b", {1, 2, 1, 3}, 10), counting("c", {1, 2, 1, 4}, 20));
  CHECK(steps.tensor.shape() == Shape{1, 2, 4, 4});
  CHECK(numbers<float>(steps.tensor) == std::vector<int>{1, 2, 0, 0, 3, 4, 0, 0, 10, 11, 12, 0, 20, 21, 22, 23,  //
                                                         5, 6, 0, 0, 7, 8, 0, 0, 13, 14, 15, 0, 24, 25, 26, 27});
  CHECK(numbers<std::uint8_t>(steps.masked) == std::vector<int>{0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0});
  CHECK(steps.first_row == 0);
  // Steps after a prompt that is not there.
  const StackedArrays late = stacked(counting("a", {1, 6}, 1, DType::f64), counting("b", {1, 7}, 1, DType::f64));
  CHECK(late.tensor.shape() == Shape{2, 7});
  CHECK(numbers<double>(late.tensor) == std::vector<int>{1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(late.first_row == 5);
}

TEST_CASE("steps over the same keys are of an encoder's output", "[stack]") {
  // One layer after a prompt of two tokens; and two layers of a step each time.
  const StackedArrays prompted = stacked(counting("a", {1, 1, 2, 3}), counting("b", {1, 1, 1, 3}, 10));
  CHECK(prompted.tensor.shape() == Shape{1, 1, 3, 3});
  CHECK(numbers<float>(prompted.tensor) == std::vector<int>{1, 2, 3, 4, 5, 6, 10, 11, 12});
  const StackedArrays layers = stacked(counting("a", {2, 1, 1, 1, 3}), counting("b", {2, 1, 1, 1, 3}, 10));
  CHECK(layers.tensor.shape() == Shape{2, 1, 1, 2, 3});
  CHECK(numbers<float>(layers.tensor) == std::vector<int>{1, 2, 3, 10, 11, 12, 4, 5, 6, 13, 14, 15});
  for (const StackedArrays* steps : {&prompted, &layers}) {
    CHECK(steps->masked.size() == 0);
    CHECK(steps->first_row == 0);
  }
}

TEST_CASE("arrays that are neither layers nor steps are refused", "[stack]") {
  const std::string rule =
      ": layers have one shape, and a step of generation has a key more for each of its queries, "
      "or one query and the same keys";
  CHECK(refused(counting("a", {1, 2, 2, 2}), counting("b", {1, 2, 1, 4})) ==
        "b: has the shape (1, 2, 1, 4) after (1, 2, 2, 2)" + rule);
  CHECK(refused(counting("a", {1, 2, 2, 2}), counting("b", {1, 3, 1, 3})) ==
        "b: has the shape (1, 3, 1, 3) after (1, 2, 2, 2)" + rule);
  CHECK(refused(counting("a", {1, 2}), counting("b", {1, 1, 3})) == "b: has the shape (1, 1, 3) after (1, 2)" + rule);
  CHECK(refused(counting("a", {3}), counting("b", {3})) == "a: of shape (3,) holds no matrix to stack");
  CHECK(refused(NamedTensor{"a", Tensor::zeros(DType::u8, {1, 2})}, counting("b", {1, 2})) == "b: is of f32, a of u8");
  CHECK(refused(counting("a", {1, 1, 1, 2, 2}), counting("b", {1, 1, 1, 2, 2})) ==
        "a: of shape (1, 1, 1, 2, 2) is no layer of several: a layer is (batch, heads, L, S) or less");
}
