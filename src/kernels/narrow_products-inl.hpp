// Products whose right factor has elements of 16 bits, widened on their way into registers: a few queries with long
// caches of keys and values, where memory is the limit. The sums are those of the float kernels, in their order.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_NARROW_PRODUCTS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_NARROW_PRODUCTS_INL_HPP_
#undef ATTN_KERNELS_NARROW_PRODUCTS_INL_HPP_
#else
#define ATTN_KERNELS_NARROW_PRODUCTS_INL_HPP_
#endif

#include <hwy/highway.h>

#include "core/half.hpp"
#include "kernels/fetch.hpp"
#include "kernels/inlining.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/row_products-inl.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

inline float Widened(const Float16* x) { return widen_half(x->bits); }
inline float Widened(const BFloat16* x) { return widen_bfloat(x->bits); }

template <class B>
HWY_NOINLINE void WidenAll(const B* HWY_RESTRICT from, std::size_t n, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) hn::StoreU(LoadWide(d, from + i), d, to + i);
  for (; i < n; ++i) to[i] = Widened(from + i);
}

// Columns j and following, in whole tiles of NV vectors. Returns the first column that is not done.
template <std::size_t NV, class B>
HWY_NOINLINE std::size_t MultiplyNarrowColumns(const Product<float>& p, const B* b, std::size_t j) {
  const hn::ScalableTag<float> d;
  constexpr std::size_t rows_a_tile = (kTileVectors == 4 ? 16 : 8) / HWY_MAX(NV, 4);
  const std::size_t width = NV * hn::Lanes(d), end = j + (p.n - j) / width * width;
  ForChains(p, [&](const Chain& chain) HWY_ATTR ATTN_TILE {
    for (std::size_t column = j; column < end; column += width)
      ForRowGroups<rows_a_tile>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
        const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
        RowTile<decltype(rows)::value, NV>(d, p, chain, p.a + row * p.a_stride, b + column,
                                           p.c + row * p.c_stride + column, i == 0 && p.m >= kRowsWorthFetching);
      });
  });
  return end;
}

template <class B>
void MultiplyNarrowValues(const Product<float>& p, const B* b) {
  MultiplyNarrowColumns<1>(p, b, MultiplyNarrowColumns<4>(p, b, MultiplyNarrowColumns<8>(p, b, 0)));
}

// Calls visit(elements) with their type.
template <class Visit>
HWY_INLINE void WithNarrow(const NarrowElements& b, Visit&& visit) {
  if (b.dtype == DType::f16) {
    visit(reinterpret_cast<const Float16*>(b.data));
  } else {
    visit(reinterpret_cast<const BFloat16*>(b.data));
  }
}

inline void WidenElements(const NarrowElements& from, std::size_t n, float* to) {
  WithNarrow(from, [&](const auto* elements) { WidenAll(elements, n, to); });
}

// By the instruction where the set has one.
inline HWY_NOINLINE void NarrowAll(const float* HWY_RESTRICT from, std::size_t n, std::uint16_t* HWY_RESTRICT to) {
  std::size_t i = 0;
#if HWY_TARGET != HWY_SSE4
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> halves;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    hn::StoreU(hn::DemoteTo(halves, hn::LoadU(d, from + i)), halves, reinterpret_cast<hwy::float16_t*>(to + i));
#endif
  for (; i < n; ++i) to[i] = narrow_to_half(from[i]);
}

template <class B>
HWY_NOINLINE void MultiplyByNarrowRowsOf(const Product<float>& p, const B* b) {
  MultiplyByRowsOf(p, b);
}

inline void MultiplyByNarrowRows(const Product<float>& p, const NarrowElements& b) {
  WithNarrow(b, [&](const auto* elements) { MultiplyByNarrowRowsOf(p, elements); });
}

inline void MultiplyNarrow(const Product<float>& p, const NarrowElements& b) {
  WithNarrow(b, [&](const auto* elements) { MultiplyNarrowValues(p, elements); });
}

constexpr TileKernels<float> WithNarrowFactors(TileKernels<float> kernels) {
  kernels.widen = WidenElements;
  kernels.narrow = NarrowAll;
  kernels.multiply_by_narrow_rows = MultiplyByNarrowRows;
  kernels.multiply_narrow_values = MultiplyNarrow;
  return kernels;
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
