// The kernels in SIMD: one source, compiled once for each instruction set by Highway.
#include "kernels/simd.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/assumptions.hpp"
#include "kernels/bfloat16.hpp"
#include "kernels/constants.hpp"
#include "kernels/inlining.hpp"
#include "kernels/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/activation-inl.hpp"
#include "kernels/bf16_emulation-inl.hpp"
#include "kernels/exp-inl.hpp"
#include "kernels/exponentials-inl.hpp"
#include "kernels/keep-inl.hpp"
#include "kernels/limits-inl.hpp"
#include "kernels/narrow_products-inl.hpp"
#include "kernels/packing-inl.hpp"
#include "kernels/pooling-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/row_products-inl.hpp"
#include "kernels/softmax-inl.hpp"
#include "kernels/sum-inl.hpp"
#include "kernels/tail_products-inl.hpp"
#include "kernels/tanh-inl.hpp"

// Only the sets that attn offers by name: nothing is compiled for the other targets of this architecture.
#if HWY_TARGET == HWY_SSE4 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == ATTN_NEON
HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {

template <class T>
constexpr TileKernels<T> Kernels() {
  constexpr std::size_t lanes = HWY_MAX_BYTES / sizeof(T), panel = lanes * kTileVectors;
  static_assert(std::has_single_bit(lanes) && lanes <= kMostLanes && kWidestPanel % panel == 0);
  return {
      .lanes = lanes,
      .panel = panel,
      .tile_rows = kTileRows,
      .pack_transposed = PackTransposed<T>,
      .transpose = Transpose<T>,
      .pack = Pack<T>,
      .pack_tail = PackTail<T>,
      .sum_tails = SumTails<T>,
      .multiply = Multiply<T>,
      .multiply_and_pack = MultiplyAndPack<T>,
      .multiply_by_rows = MultiplyByRows<T>,
      .multiply_values = MultiplyValues<T>,
      .scale_queries = ScaleQueryRows<T>,
      .exp_products = ExpProductBlock<T>,
      .exp_scores = ExpScoreBlock<T>,
      .divide = Divide<T>,
      .divide_rows = DivideRowsBySums<T>,
      .softmax_rows = WholeSoftmaxRows<T>,
      .packed_row = panel,
      .keep = KeepWeights<T>,
      .softcap = Softcap<T>,
      .activate = Activate<T>,
      .multiply_add_rounds = MultiplyAddRounds<T>,
      .sum = Sum<T>,
  };
}

// Constants, as the tables are made on CPUs that cannot run this code.
constexpr TileKernels<float> kKernelsF32 = WithNarrowFactors(Kernels<float>()),
                             kKernelsBf16 = Bf16EmulationKernels(kKernelsF32);
constexpr TileKernels<double> kKernelsF64 = Kernels<double>();
constexpr PoolingKernels<float> kPoolingF32 = Pooling<float>();
constexpr PoolingKernels<double> kPoolingF64 = Pooling<double>();

SimdKernels AllKernels() { return {&kKernelsF32, &kKernelsF64, &kKernelsBf16, &kPoolingF32, &kPoolingF64}; }

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace attn {

// Each row names one target's namespace; this is all that a new instruction set adds below this line.
SimdKernels simd_kernels(Instructions instructions) {
  switch (instructions) {
#if (HWY_TARGETS & HWY_SSE4) && (HWY_TARGETS & HWY_AVX2) && (HWY_TARGETS & HWY_AVX3)
    case Instructions::sse4: return N_SSE4::AllKernels();
    case Instructions::avx2: return N_AVX2::AllKernels();
    case Instructions::avx512: return N_AVX3::AllKernels();
#endif
#if HWY_TARGETS & ATTN_NEON
    case Instructions::neon: return ATTN_NEON_NAMESPACE::AllKernels();
#endif
    default: return {};  // of another architecture
  }
}

}  // namespace attn
#endif
