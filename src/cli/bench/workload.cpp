// Operands that bf16 and f16 take as they are.
#include "cli/bench/workload.hpp"

#include <algorithm>
#include <cstdint>

#include "core/half.hpp"
#include "kernels/bfloat16.hpp"

namespace attn::cli {

void round_operands(Tensor& tensor, Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::bf16)
    for (float& x : tensor.values<float>()) x = bfloat16_rounded(x);
  if (arithmetic == Arithmetic::f16)
    for (float& x : tensor.values<float>()) x = widen_half(narrow_to_half(x));
}

Tensor halves_of(const Tensor& tensor) {
  Tensor halves(DType::f16, tensor.shape());
  std::ranges::transform(tensor.values<float>(), static_cast<std::uint16_t*>(halves.data()), narrow_to_half);
  return halves;
}

}  // namespace attn::cli
