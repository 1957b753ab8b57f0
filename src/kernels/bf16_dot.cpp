// bf16 kernels of VDPBF16PS, compiled for AVX-512 with that instruction alone.
//
// The instruction takes subnormal operands for 0, rounds each product sum to nearest even, and makes subnormal sums 0.

#include "kernels/bf16_dot.hpp"

#include "kernels/cpu.hpp"
#include "kernels/simd.hpp"
#include "kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bf16_dot.cpp"
#include "kernels/bf16_target-inl.hpp"

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
