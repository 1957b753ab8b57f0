// The last columns of values where a head is not whole vectors wide: as many keys as there is room for share a vector.
//
// A head of 40 columns takes three vectors of 16 a key, the third half empty. Two keys' last 8 columns fill one:
//
//     v₀₀ v₁₀ v₀₁ v₁₁ … v₀₇ v₁₇      times      w₀ w₁ w₀ w₁ … w₀ w₁
//
// with the keys of a column side by side, so that the weights are those of a row as they lie, again and again. In the
// end the lanes of a column are added up. Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_TAIL_PRODUCTS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_TAIL_PRODUCTS_INL_HPP_
#undef ATTN_KERNELS_TAIL_PRODUCTS_INL_HPP_
#else
#define ATTN_KERNELS_TAIL_PRODUCTS_INL_HPP_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/product-inl.hpp"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Columns [first, b.cols) of b (k, n) → [⌈k/keys⌉][columns][keys], padded with zeros to whole vectors.
template <class T>
void PackTail(MatrixView<const T> b, std::size_t first, T* HWY_RESTRICT packed) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<T>());
  const std::size_t columns = b.cols - first, keys = lanes / std::bit_ceil(columns);
  for (std::size_t k = 0; k < b.rows; k += keys, packed += lanes) {
    std::fill_n(packed, lanes, T(0));
    for (std::size_t i = 0; i < HWY_MIN(keys, b.rows - k); ++i)
      for (std::size_t c = 0; c < columns; ++c) packed[c * keys + i] = b.row(k + i)[first + c];
  }
}

template <class T>
constexpr std::size_t kLanes = HWY_MAX_BYTES / sizeof(T);

// `Keys` numbers, again and again.
template <std::size_t Keys, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadRepeated(D d, const T* HWY_RESTRICT from) {
  if constexpr (Keys == kLanes<T>) {
    return hn::LoadU(d, from);
  } else if constexpr (Keys * sizeof(T) == 8) {
    const hn::Repartition<std::uint64_t, D> d64;
    std::uint64_t two;
    std::memcpy(&two, from, sizeof two);
    return hn::BitCast(d, hn::Set(d64, two));
  } else if constexpr (Keys * sizeof(T) == 16) {
    return hn::LoadDup128(d, from);
  } else {
    static_assert(Keys * sizeof(T) == 32 && kLanes<T> == 2 * Keys);
    const auto half = hn::LoadU(hn::Half<D>(), from);
    return hn::Combine(d, half, half);
  }
}

// The first `n` of them, and zeros for the others.
template <std::size_t Keys, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadRepeatedFirst(D d, const T* HWY_RESTRICT from, std::size_t n) {
  T some[Keys] = {};
  std::copy_n(from, n, some);
  return LoadRepeated<Keys>(d, some);
}

// Lanes of Keys each → their sums, in the first lanes.
template <std::size_t Keys, class D>
HWY_INLINE hn::Vec<D> SumNeighbours(D d, hn::Vec<D> v) {
  if constexpr (Keys == 1) {
    return v;
  } else {
    return SumNeighbours<Keys / 2>(d, hn::Add(hn::ConcatEven(d, v, v), hn::ConcatOdd(d, v, v)));
  }
}

// c (M, one vector) = a·tail, or c + a·tail, lane by lane: what one chain adds to it.
template <std::size_t Keys, std::size_t M, class D, class T = hn::TFromD<D>>
HWY_INLINE void TailTile(D d, const Product<T>& p, const Chain& chain, const T* HWY_RESTRICT a, T* c) {
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<D> sum[M][1];
  SetZero<M, 1>(d, sum);
  const T* HWY_RESTRICT tail = p.b_tail + chain.k / Keys * lanes;
  a += chain.k;
  std::size_t k = 0;
  for (; k + Keys <= chain.steps; k += Keys, tail += lanes, a += Keys) {
    const auto right = hn::LoadU(d, tail);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < M; ++i)
      sum[i][0] = hn::MulAdd(LoadRepeated<Keys>(d, a + static_cast<std::ptrdiff_t>(i) * p.a_stride), right, sum[i][0]);
  }
  if (k < chain.steps) {
    const auto right = hn::LoadU(d, tail);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < M; ++i)
      sum[i][0] =
          hn::MulAdd(LoadRepeatedFirst<Keys>(d, a + static_cast<std::ptrdiff_t>(i) * p.a_stride, chain.steps - k),
                     right, sum[i][0]);
  }
  StoreChain<M, 1>(d, p, chain, sum, c);
}

template <std::size_t Keys, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void TailProduct(D d, const Product<T>& p) {
  const auto tile = [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(i);
    ForChains(p, [&](const Chain& chain) HWY_ATTR ATTN_TILE {
      TailTile<Keys, decltype(rows)::value>(d, p, chain, p.a + row * p.a_stride, p.c + row * p.c_stride + p.n);
    });
  };
  std::size_t done = 0;
  for (; done + kNarrowTileRows <= p.m; done += kNarrowTileRows) tile(Count<kNarrowTileRows>(), done);
  ForRowGroups<kTileRows>(p.m, tile, done);
}

// Calls visit(keys) for how many keys a vector has room for, of so many columns.
template <class T, std::size_t Columns = 1, class Visit>
void ForTail(std::size_t columns, Visit&& visit) {
  if constexpr (2 * Columns <= kLanes<T> / 2)
    if (columns > Columns) return ForTail<T, 2 * Columns>(columns, visit);
  visit(Count<kLanes<T> / Columns>());
}

// Weights times values, and times the last columns of these.
template <class T>
void MultiplyValues(const Product<T>& p) {
  Multiply(p);
  if (p.tail == 0) return;
  ForTail<T>(p.tail, [&](auto keys) { TailProduct<decltype(keys)::value>(hn::ScalableTag<T>(), p); });
}

template <class T>
void SumTails(std::size_t tail, T* rows, std::ptrdiff_t stride, std::size_t count) {
  ForTail<T>(tail, [&](auto keys) HWY_ATTR {
    const hn::ScalableTag<T> d;
    for (std::size_t i = 0; i < count; ++i, rows += stride)
      hn::StoreU(SumNeighbours<decltype(keys)::value>(d, hn::LoadU(d, rows)), d, rows);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();
#endif

#endif
