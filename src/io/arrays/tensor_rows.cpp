// Tensors that are there, as rows.
#include "attn/array_writers.hpp"

namespace attn {

TensorRows rows_of(const Tensor& tensor) {
  const auto* const bytes = static_cast<const char*>(tensor.data());
  const std::size_t row_bytes = (tensor.rank() < 2 ? 1 : tensor.extent(-1)) * dtype_size(tensor.dtype());
  return {tensor.dtype(), tensor.shape(), [bytes, row_bytes](std::size_t n) { return bytes + n * row_bytes; }, bytes};
}

}  // namespace attn
