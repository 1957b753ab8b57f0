// Products with few rows on the left and a right factor that lies as it came, row by row: a few queries' scores.
// Packing the right factor would take longer than the products. Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_ROW_PRODUCTS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_ROW_PRODUCTS_INL_HPP_
#undef ATTN_KERNELS_ROW_PRODUCTS_INL_HPP_
#else
#define ATTN_KERNELS_ROW_PRODUCTS_INL_HPP_
#endif

#include <hwy/highway.h>

#include <cstring>

#include "kernels/fetch.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

// Rows of a, and of b, whose products are summed at a time: each row of b is read once for those of a, and there are
// more sums than a multiply-add takes cycles.
constexpr std::size_t kLeftRows = kTileVectors == 4 ? 4 : 2;
template <class T>
constexpr std::size_t kRightRows = 16 / sizeof(T);

// The sum of a vector's blocks of 16 bytes.
template <class T, class D>
HWY_INLINE hn::Vec<hn::FixedTag<T, 16 / sizeof(T)>> SumOfBlocks(D d, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) == 16) {
    static_cast<void>(d);
    return x;
  } else {
    const hn::Half<D> half;
    return SumOfBlocks<T>(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}

// The sums of a few vectors, one after the other in a block of 16 bytes.
HWY_INLINE auto SumsOfVectors(hn::ScalableTag<float> d, const hn::Vec<hn::ScalableTag<float>> (&x)[4]) {
  const hn::Repartition<double, decltype(d)> pairs;
  const auto low = hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, x[0], x[1]), hn::InterleaveUpper(d, x[0], x[1])));
  const auto high = hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, x[2], x[3]), hn::InterleaveUpper(d, x[2], x[3])));
  return SumOfBlocks<float>(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, low, high)),
                                       hn::BitCast(d, hn::InterleaveUpper(pairs, low, high))));
}
HWY_INLINE auto SumsOfVectors(hn::ScalableTag<double> d, const hn::Vec<hn::ScalableTag<double>> (&x)[2]) {
  return SumOfBlocks<double>(d, hn::Add(hn::InterleaveLower(d, x[0], x[1]), hn::InterleaveUpper(d, x[0], x[1])));
}

// c (M, kRightRows) = alpha·a·bᵀ. Each lane sums the products of its own k, from the first to the last.
template <std::size_t M, class T, class B>
HWY_INLINE void SumRowProducts(const Product<T>& p, const T* HWY_RESTRICT a, const B* const (&b)[kRightRows<T>], T* c,
                               std::ptrdiff_t c_stride) {
  const hn::ScalableTag<T> d;
  const hn::FixedTag<T, kRightRows<T>> block;
  hn::Vec<decltype(d)> sums[M][kRightRows<T>];
  SetZero<M, kRightRows<T>>(d, sums);
#pragma GCC unroll 8
  for (std::size_t j = 0; j < kRightRows<T>; ++j) {
    if constexpr (M >= kRowsWorthFetching) fetch_later_row(b[j], p.k, p.b_stride);
    for (std::size_t k = 0; k < p.k; k += hn::Lanes(d)) {
      const auto right = LoadWide(d, b[j] + k);
#pragma GCC unroll 8
      for (std::size_t i = 0; i < M; ++i)
        sums[i][j] = hn::MulAdd(hn::LoadU(d, a + static_cast<std::ptrdiff_t>(i) * p.a_stride + k), right, sums[i][j]);
    }
  }
#pragma GCC unroll 8
  for (std::size_t i = 0; i < M; ++i)
    hn::StoreU(hn::Mul(SumsOfVectors(d, sums[i]), hn::Set(block, p.alpha)), block,
               c + static_cast<std::ptrdiff_t>(i) * c_stride);
}

// The last rows of b, fewer than are summed at a time.
template <std::size_t M, class T, class B>
HWY_NOINLINE void SumLastRowProducts(const Product<T>& p, const T* a, const B* b, std::size_t j, T* c) {
  const B* rows[kRightRows<T>];
  T sums[M * kRightRows<T>];
  for (std::size_t r = 0; r < kRightRows<T>; ++r)
    rows[r] = b + static_cast<std::ptrdiff_t>(HWY_MIN(j + r, p.n - 1)) * p.b_stride;
  SumRowProducts<M>(p, a, rows, sums, kRightRows<T>);
  for (std::size_t i = 0; i < M; ++i)
    std::memcpy(c + static_cast<std::ptrdiff_t>(i) * p.c_stride + j, sums + i * kRightRows<T>, (p.n - j) * sizeof(T));
}

template <class T, class B>
HWY_INLINE void MultiplyByRowsOf(const Product<T>& p, const B* b) {
  ForRowGroups<kLeftRows>(p.m, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
    constexpr std::size_t M = decltype(rows)::value;
    const T* a = p.a + static_cast<std::ptrdiff_t>(i) * p.a_stride;
    T* c = p.c + static_cast<std::ptrdiff_t>(i) * p.c_stride;
    std::size_t j = 0;
    for (; j + kRightRows<T> <= p.n; j += kRightRows<T>) {
      const B* at[kRightRows<T>];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < kRightRows<T>; ++r) at[r] = b + static_cast<std::ptrdiff_t>(j + r) * p.b_stride;
      SumRowProducts<M>(p, a, at, c + j, p.c_stride);
    }
    if (j < p.n) SumLastRowProducts<M>(p, a, b, j, c);
  });
}

template <class T>
void MultiplyByRows(const Product<T>& p) {
  MultiplyByRowsOf(p, p.b);
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
