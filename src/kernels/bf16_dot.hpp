// bf16 kernels of the AVX-512 instruction that multiplies pairs of bfloat16 and adds them to a float (VDPBF16PS).
#pragma once

#include "attn/kernels.hpp"

namespace attn {

/// The kernels; null where the build lacks them, or this CPU the instruction.
const TileKernels<float>* pair_kernels();

/// True if the instruction does more than multiply-adds of floats here. AMD's cores (from Zen 4 on) issue as many of
/// either; Intel's since Sapphire Rapids start one in two cycles, where they start four multiply-adds of floats, so
/// that floats are twice as fast.
bool pairs_are_fast();

}  // namespace attn
