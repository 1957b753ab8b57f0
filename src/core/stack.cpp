// Copies arrays to their places in one tensor.
#include "attn/stack.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "attn/error.hpp"

namespace attn {
namespace {

constexpr std::size_t matrix_rank = 2;
constexpr std::size_t layer_rank = 4;  // batch, heads, L, S

std::size_t rows_of(const Tensor& tensor) { return tensor.extent(-2); }
std::size_t keys_of(const Tensor& tensor) { return tensor.extent(-1); }

// Float32 numbers beside float64 ones become such.
void widen(std::vector<NamedTensor>& arrays) {
  const auto is_wide = [](const NamedTensor& array) { return array.tensor.dtype() == DType::f64; };
  if (std::none_of(arrays.begin(), arrays.end(), is_wide)) return;
  for (NamedTensor& array : arrays)
    if (array.tensor.dtype() == DType::f32) array.tensor = array.tensor.as(DType::f64);
}

// Throws unless they have one type, and matrices.
void check_kind(const std::vector<NamedTensor>& arrays) {
  const Tensor& first = arrays.front().tensor;
  for (const NamedTensor& array : arrays) {
    if (array.tensor.rank() < matrix_rank || array.tensor.size() == 0)
      throw data_error(array.name, "of shape " + shape_text(array.tensor.shape()) + " holds no matrix to stack");
    if (array.tensor.dtype() != first.dtype())
      throw data_error(array.name, "is of " + std::string(dtype_name(array.tensor.dtype())) + ", " +
                                       arrays.front().name + " of " + std::string(dtype_name(first.dtype())));
  }
}

// Throws unless each step has the keys of the step before, and one more for each of its queries; or, over the output of
// an encoder, the same keys and one query.
void check_steps(const std::vector<NamedTensor>& arrays) {
  const auto leading = [](const Tensor& tensor) { return Shape(tensor.shape().begin(), tensor.shape().end() - 2); };
  const bool same_keys = keys_of(arrays[1].tensor) == keys_of(arrays[0].tensor);
  for (std::size_t t = 1; t < arrays.size(); ++t) {
    const Tensor &before = arrays[t - 1].tensor, &step = arrays[t].tensor;
    const bool fits = same_keys ? keys_of(step) == keys_of(before) && rows_of(step) == 1
                                : keys_of(step) == keys_of(before) + rows_of(step);
    if (leading(step) == leading(before) && fits) continue;
    throw data_error(arrays[t].name, "has the shape " + shape_text(step.shape()) + " after " +
                                         shape_text(before.shape()) +
                                         ": layers have one shape, and a step of generation has a key more for each " +
                                         "of its queries, or one query and the same keys");
  }
}

StackedArrays layers(const std::vector<NamedTensor>& arrays) {
  const Tensor& first = arrays.front().tensor;
  Shape shape = first.shape();
  while (shape.size() < layer_rank) shape.insert(shape.begin(), 1);
  shape.insert(shape.begin(), arrays.size());
  StackedArrays stacked{Tensor(first.dtype(), shape), {}, 0};
  auto* to = static_cast<char*>(stacked.tensor.data());
  for (const NamedTensor& array : arrays) {
    std::memcpy(to, array.tensor.data(), array.tensor.bytes());
    to += array.tensor.bytes();
  }
  return stacked;
}

StackedArrays steps(const std::vector<NamedTensor>& arrays) {
  const Tensor &first = arrays.front().tensor, &last = arrays.back().tensor;
  const std::size_t keys = keys_of(last), element = dtype_size(first.dtype());
  std::size_t rows = 0;
  for (const NamedTensor& array : arrays) rows += rows_of(array.tensor);
  Shape shape = first.shape();
  shape[shape.size() - 2] = rows;
  shape[shape.size() - 1] = keys;
  StackedArrays stacked{Tensor::zeros(first.dtype(), shape), {}, 0};
  const bool grow = keys_of(first) != keys;
  if (grow) stacked.masked = Tensor::zeros(DType::u8, {rows, keys});
  if (grow && keys > rows) stacked.first_row = keys - rows;
  const std::size_t matrices = first.size() / (rows_of(first) * keys_of(first));
  std::size_t row = 0;
  for (const NamedTensor& array : arrays) {
    const Tensor& step = array.tensor;
    const std::size_t own = keys_of(step);
    const auto* from = static_cast<const char*>(step.data());
    for (std::size_t m = 0; m < matrices; ++m)
      for (std::size_t i = 0; i < rows_of(step); ++i, from += own * element)
        std::memcpy(static_cast<char*>(stacked.tensor.data()) + (m * rows + row + i) * keys * element, from,
                    own * element);
    for (std::size_t i = row; grow && i < row + rows_of(step); ++i) {
      const auto hidden = stacked.masked.values<std::uint8_t>().subspan(i * keys + own, keys - own);
      std::fill(hidden.begin(), hidden.end(), std::uint8_t{1});
    }
    row += rows_of(step);
  }
  return stacked;
}

}  // namespace

StackedArrays stack_arrays(std::vector<NamedTensor> arrays) {
  if (arrays.size() == 1) return {std::move(arrays.front().tensor), {}, 0};
  widen(arrays);
  check_kind(arrays);
  const Shape& shape = arrays.front().tensor.shape();
  const bool same = std::all_of(arrays.begin(), arrays.end(),
                                [&shape](const NamedTensor& array) { return array.tensor.shape() == shape; });
  if (same && shape.size() <= layer_rank) return layers(arrays);
  if (same && (shape.size() > layer_rank + 1 || rows_of(arrays.front().tensor) != 1))
    throw data_error(arrays.front().name, "of shape " + shape_text(shape) +
                                              " is no layer of several: a layer is (batch, heads, L, S) or less");
  check_steps(arrays);
  return steps(arrays);
}

}  // namespace attn
