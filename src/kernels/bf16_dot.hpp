// bf16 kernels of the AVX-512 instruction that multiplies pairs of bfloat16 and adds them to a float (VDPBF16PS).
#pragma once

#include "kernels/tile.hpp"

namespace attn {

/// The kernels; null where the build lacks them, or this CPU the instruction.
const TileKernels<float>* bf16_dot_kernels();

}  // namespace attn
