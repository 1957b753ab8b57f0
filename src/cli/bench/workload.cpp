// Operands that bf16 takes as they are.
#include "cli/bench/workload.hpp"

#include "kernels/bfloat16.hpp"

namespace attn::cli {

void round_to_bf16(Tensor& tensor) {
  for (float& x : tensor.values<float>()) x = bfloat16_rounded(x);
}

}  // namespace attn::cli
