// The tile kernels in SIMD: one source, compiled once for each instruction set by Highway.

#include "kernels/simd.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/bfloat16.hpp"
#include "kernels/constants.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// The body of a loop over tiles: kept in the loop, as a call would load its pointers again for every tile.
#define ATTN_TILE __attribute__((always_inline))

#include "kernels/exp-inl.hpp"
#include "kernels/exponentials-inl.hpp"
#include "kernels/keep-inl.hpp"
#include "kernels/limits-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/softmax-inl.hpp"
#include "kernels/tanh-inl.hpp"
// After those that it is made of.
#include "kernels/bf16_emulation-inl.hpp"

// Only the sets that attn offers by name: nothing is compiled for the other targets of this architecture.
#if HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {

template <class T>
constexpr TileKernels<T> Kernels() {
  constexpr std::size_t lanes = HWY_MAX_BYTES / sizeof(T);
  return {
      .lanes = lanes,
      .panel = lanes * kTileVectors,
      .tile_rows = kTileRows,
      .pack_transposed = PackTransposed<T>,
      .pack = Pack<T>,
      .multiply = Multiply<T>,
      .multiply_and_pack = MultiplyAndPack<T>,
      .mix = Multiply<T>,
      .scale_queries = ScaleQueryRows<T>,
      .weigh_keys = WeighKeyBlock<T>,
      .weigh_scores = WeighScoreBlock<T>,
      .divide = Divide<T>,
      .softmax_rows = WholeSoftmaxRows<T>,
      .packed_row = lanes * kTileVectors,
      .keep = KeepWeights<T>,
      .softcap = Softcap<T>,
      .multiply_add_rounds = MultiplyAddRounds<T>,
      .sum = Sum<T>,
  };
}

// Constants, as the tables are made on CPUs that cannot run this code.
constexpr TileKernels<float> kKernelsF32 = Kernels<float>(), kKernelsRounded = RoundedKernels(kKernelsF32);
constexpr TileKernels<double> kKernelsF64 = Kernels<double>();

const TileKernels<float>* KernelsF32() { return &kKernelsF32; }
const TileKernels<float>* KernelsRounded() { return &kKernelsRounded; }
const TileKernels<double>* KernelsF64() { return &kKernelsF64; }

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace attn {

// Each row names one target's namespace; this is all that a new instruction set adds below this line.
#if (HWY_TARGETS & HWY_SSE4) && (HWY_TARGETS & HWY_AVX2) && (HWY_TARGETS & HWY_AVX3)
#define ATTN_FOR_INSTRUCTIONS(instructions, function)     \
  switch (instructions) {                                 \
    case Instructions::sse4: return N_SSE4::function();   \
    case Instructions::avx2: return N_AVX2::function();   \
    case Instructions::avx512: return N_AVX3::function(); \
  }
#else
#define ATTN_FOR_INSTRUCTIONS(instructions, function) static_cast<void>(instructions);
#endif

const TileKernels<float>* simd_kernels_f32(Instructions instructions) {
  ATTN_FOR_INSTRUCTIONS(instructions, KernelsF32)
  return nullptr;
}

const TileKernels<float>* simd_kernels_rounded(Instructions instructions) {
  ATTN_FOR_INSTRUCTIONS(instructions, KernelsRounded)
  return nullptr;
}

const TileKernels<double>* simd_kernels_f64(Instructions instructions) {
  ATTN_FOR_INSTRUCTIONS(instructions, KernelsF64)
  return nullptr;
}

#if defined(__x86_64__)
namespace {

// From the CPU's own bit, as Clang 14 has no name for it. The instruction is slow in virtual machines: asked once.
bool converts_halves() {
  static const bool converts = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
  }();
  return converts;
}

}  // namespace
#endif

// What Highway compiles each target with. Asked of the compiler's run-time library, which also asks the
// operating system: the answer of Highway's own library costs milliseconds of every start.
bool cpu_runs(Instructions instructions) {
#if defined(__x86_64__)
  const bool sse4 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && converts_halves();
  switch (instructions) {
    case Instructions::sse4: return sse4;
    case Instructions::avx2: return avx2;
    case Instructions::avx512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
  }
#endif
  static_cast<void>(instructions);
  return false;
}

}  // namespace attn
#endif
