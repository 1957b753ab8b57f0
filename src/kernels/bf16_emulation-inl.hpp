// bf16 for sets without an instruction for it: operands are rounded to bfloat16 and stay floats, and the float tiles do
// the rest. Products of two bfloat16 are exact in float, so that only sums are rounded.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_BF16_EMULATION_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_BF16_EMULATION_INL_HPP_
#undef ATTN_KERNELS_BF16_EMULATION_INL_HPP_
#else
#define ATTN_KERNELS_BF16_EMULATION_INL_HPP_
#endif

#include <hwy/highway.h>

#include "kernels/bfloat16.hpp"
#include "kernels/exponentials-inl.hpp"
#include "kernels/packing-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

// To the nearest of numbers that are neither NaN nor subnormal. A NaN may become a number.
template <class D>
HWY_INLINE hn::Vec<D> RoundNumber(D d, hn::Vec<D> x) {
  const hn::RebindToUnsigned<D> bits;
  const auto u = hn::BitCast(bits, x);
  const auto odd = hn::And(hn::ShiftRight<16>(u), hn::Set(bits, 1U));
  const auto half = hn::Add(hn::Set(bits, 0x7FFFU), odd);
  return hn::BitCast(d, hn::And(hn::Add(u, half), hn::Set(bits, 0xFFFF0000U)));
}

// bfloat16_rounded.
template <class D>
HWY_INLINE hn::Vec<D> RoundOperand(D d, hn::Vec<D> x) {
  const hn::RebindToUnsigned<D> bits;
  const auto u = hn::BitCast(bits, x);
  const auto nan = hn::And(hn::Or(u, hn::Set(bits, 0x00400000U)), hn::Set(bits, 0xFFFF0000U));
  const auto zero = hn::And(x, hn::BitCast(d, hn::Set(bits, 0x80000000U)));
  const auto rounded = hn::IfThenElse(hn::Eq(x, x), RoundNumber(d, x), hn::BitCast(d, nan));
  return hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-126F)), zero, rounded);
}

HWY_NOINLINE void RoundAll(const float* from, float* to, std::size_t n) {
  const hn::ScalableTag<float> d;
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= n; j += hn::Lanes(d)) hn::StoreU(RoundOperand(d, hn::LoadU(d, from + j)), d, to + j);
  for (; j < n; ++j) to[j] = bfloat16_rounded(from[j]);
}

// Weights rounded as they are stored: to the nearest, and ties up, which saves three of five operations and is as near.
// The quick 2^x gives none that is subnormal, and a NaN is in its row's sum as well.
struct AsRoundedFloats {
  template <class D>
  static HWY_INLINE void Store(D d, hn::Vec<D> weight, float* HWY_RESTRICT panel, std::size_t v) {
    const hn::RebindToUnsigned<D> bits;
    const auto up = hn::Add(hn::BitCast(bits, weight), hn::Set(bits, 0x8000U));
    hn::StoreU(hn::BitCast(d, hn::And(up, hn::Set(bits, 0xFFFF0000U))), d, panel + v * hn::Lanes(d));
  }
  static void Rescale(float* row, std::size_t n, float change) {
    for (std::size_t j = 0; j < n; ++j) row[j] = bfloat16_rounded(row[j] * change);
  }
};

// Rows of a left factor, rounded and put together; valid until the next call.
inline const float* RoundedRows(const float* a, std::ptrdiff_t stride, std::size_t rows, std::size_t columns) {
  float* rounded = rounding_scratch(rows * columns);
  if (stride == static_cast<std::ptrdiff_t>(columns)) {
    RoundAll(a, rounded, rows * columns);
    return rounded;
  }
  for (std::size_t i = 0; i < rows; ++i)
    RoundAll(a + static_cast<std::ptrdiff_t>(i) * stride, rounded + i * columns, columns);
  return rounded;
}

// A panel at a time, so that it is rounded while it is in the first-level cache.
inline float PackTransposedRounded(MatrixView<const float> b, float* packed) {
  const std::size_t width = kTileVectors * hn::Lanes(hn::ScalableTag<float>());
  for (std::size_t j = 0; j < b.rows; j += width, packed += width * b.cols) {
    PackTransposed<float>({b.row(j), HWY_MIN(width, b.rows - j), b.cols, b.row_stride}, packed);
    RoundAll(packed, packed, width * b.cols);
  }
  return kInfinity<float>;
}

// Row by row, as they lie in memory.
HWY_NOINLINE void PackRounded(MatrixView<const float> b, float* packed) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), width = kTileVectors * lanes;
  for (std::size_t k = 0; k < b.rows; ++k, packed += width) {
    const float* row = b.row(k);
    float* to = packed;
    std::size_t j = 0;
    for (; j + width <= b.cols; j += width, to += width * b.rows) {
#pragma GCC unroll 8
      for (std::size_t v = 0; v < width; v += lanes) hn::StoreU(RoundOperand(d, hn::LoadU(d, row + j + v)), d, to + v);
    }
    if (j == b.cols) continue;
    for (std::size_t c = 0; c < width; ++c) to[c] = j + c < b.cols ? bfloat16_rounded(row[j + c]) : 0;
  }
}

inline void MultiplyRounded(const Product<float>& p) {
  Product<float> rounded = p;
  rounded.a = RoundedRows(p.a, p.a_stride, p.m, p.k);
  rounded.a_stride = static_cast<std::ptrdiff_t>(p.k);
  Multiply<float>(rounded);
}

inline std::size_t ExpProductsRounded(const ExpProducts<float>& w) {
  ExpProducts<float> rounded = w;
  rounded.query = RoundedRows(w.query, w.query_stride, w.rows, w.depth);
  rounded.query_stride = static_cast<std::ptrdiff_t>(w.depth);
  return ExpProductBlock<float, AsRoundedFloats>(rounded);
}

inline void ConvertWeightsRounded(float* weights, std::ptrdiff_t stride, std::size_t rows, std::size_t n) {
  for (std::size_t i = 0; i < rows; ++i, weights += stride) RoundAll(weights, weights, n);
}

constexpr TileKernels<float> Bf16EmulationKernels(const TileKernels<float>& f32) {
  TileKernels<float> bf16 = f32;
  bf16.pack_transposed = PackTransposedRounded;
  bf16.pack = PackRounded;
  bf16.pack_tail = nullptr;
  bf16.sum_tails = nullptr;
  bf16.multiply = MultiplyRounded;
  bf16.multiply_and_pack = nullptr;
  bf16.multiply_by_rows = nullptr;
  bf16.multiply_by_narrow_rows = nullptr;
  bf16.multiply_narrow_values = nullptr;
  bf16.scale_queries = nullptr;
  bf16.exp_products = ExpProductsRounded;
  bf16.exp_scores = ExpScoreBlock<float, AsRoundedFloats>;
  bf16.packs_values = true;
  bf16.operand = bfloat16_rounded;
  bf16.convert_weights = ConvertWeightsRounded;
  bf16.rescale = AsRoundedFloats::Rescale;
  return bf16;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
