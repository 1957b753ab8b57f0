// bf16 kernels of VDPBF16PS, compiled for AVX-512 with that instruction alone.
//
// Everything is in pairs of neighbours k, k+1 of the sum, a pair a 32-bit word with k in its lower half. What a float
// of T's panels was is a word here: packed factors take the first half of the room of T's panels, and so do a panel's
// weights. An odd last one has 0 as its neighbour. The instruction takes subnormal operands for 0, rounds each product
// sum to nearest even, and makes subnormal sums 0.

#include "kernels/bf16_dot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/bfloat16.hpp"
#include "kernels/constants.hpp"
#include "kernels/cpu.hpp"
#include "kernels/inlining.hpp"
#include "kernels/simd.hpp"
#include "kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bf16_dot.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Functions of this file, and of the headers below as compiled here, may hold the instruction.
#if HWY_TARGET == HWY_AVX3
#undef HWY_TARGET_STR
#define HWY_TARGET_STR HWY_TARGET_STR_AVX3 ",avx512bf16"
#endif

#include "kernels/exp-inl.hpp"
#include "kernels/exponentials-inl.hpp"
#include "kernels/keep-inl.hpp"
#include "kernels/packing-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/softmax-inl.hpp"

#if HWY_TARGET == HWY_AVX3
#include "kernels/bf16_dot-inl.hpp"
#endif

#if HWY_ONCE
namespace attn {

const TileKernels<float>* bf16_dot_kernels() {
#if HWY_TARGETS & HWY_AVX3
  static const bool runs = cpu_runs_bf16_dot();
  if (!runs) return nullptr;
  static const TileKernels<float> kernels = N_AVX3::Bf16DotKernels(*simd_kernels(Instructions::avx512).f32);
  return &kernels;
#else
  return nullptr;
#endif
}

}  // namespace attn
#endif
