// The pooling kernels: softmax of a row in two passes, and sums of columns.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_POOLING_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_POOLING_INL_HPP_
#undef ATTN_KERNELS_POOLING_INL_HPP_
#else
#define ATTN_KERNELS_POOLING_INL_HPP_
#endif

#include <hwy/highway.h>

#include "kernels/exp-inl.hpp"
#include "kernels/pooling.hpp"
#include "kernels/row_sums-inl.hpp"
#include "kernels/sum-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Scores past n become −inf, which add nothing. Returns the number of elements in whole vectors.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE std::size_t PadToVectors(D d, T* row, std::size_t n) {
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t padded = (n + lanes - 1) / lanes * lanes;
  for (std::size_t j = n; j < padded; ++j) row[j] = -kInfinity<T>;
  return padded;
}

template <class T>
T GreatestScore(T* HWY_RESTRICT row, std::size_t n) {
  const hn::ScalableTag<T> d;
  const std::size_t padded = PadToVectors(d, row, n);
  auto greatest = hn::Set(d, -kInfinity<T>);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) greatest = GreatestSoFar(hn::LoadU(d, row + j), greatest);
  return hn::GetLane(hn::MaxOfLanes(d, greatest));
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> ExpOfDifference(D d, const T* HWY_RESTRICT row, hn::Vec<D> shift) {
  return Exp2(Exact(), d, hn::Mul(hn::Sub(hn::LoadU(d, row), shift), hn::Set(d, kLog2E<T>)));
}

template <class T>
T SumOfExponentials(T* HWY_RESTRICT row, std::size_t n, T peak) {
  const hn::ScalableTag<T> d;
  const std::size_t padded = PadToVectors(d, row, n);
  const auto shift = hn::Set(d, peak);
  auto sum = hn::Zero(d);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) sum = hn::Add(sum, ExpOfDifference(d, row + j, shift));
  return SumInHalves(d, sum);
}

template <class T>
void ExponentialsOfRow(T* HWY_RESTRICT row, std::size_t n, T peak, T scale) {
  const hn::ScalableTag<T> d;
  const auto shift = hn::Set(d, peak), factor = hn::Set(d, scale);
  for (std::size_t j = 0; j < n; j += hn::Lanes(d))
    hn::StoreU(hn::Mul(ExpOfDifference(d, row + j, shift), factor), d, row + j);
}

// Columns first: what is kept of one vector of them stays in registers over all rows.
template <class T>
void PoolColumns(const ColumnPool<T>& pool) {
  const hn::ScalableTag<T> d;
  const auto share = hn::Set(d, pool.share), zero = hn::Zero(d), infinity = hn::Set(d, kInfinity<T>);
  for (std::size_t j = 0; j < pool.n; j += hn::Lanes(d)) {
    auto sum = hn::LoadU(d, pool.sum + j), greatest = hn::LoadU(d, pool.greatest + j);
    auto least = hn::LoadU(d, pool.least + j), least_positive = hn::LoadU(d, pool.least_positive + j);
    const T* row = pool.weights + j;
    for (std::size_t i = 0; i < pool.rows; ++i, row += pool.stride) {
      const auto weight = hn::LoadU(d, row);
      sum = hn::MulAdd(share, weight, sum);
      greatest = hn::Max(greatest, weight);
      least = hn::Min(least, weight);
      least_positive = hn::Min(least_positive, hn::IfThenElse(hn::Gt(weight, zero), weight, infinity));
    }
    hn::StoreU(sum, d, pool.sum + j);
    hn::StoreU(greatest, d, pool.greatest + j);
    hn::StoreU(least, d, pool.least + j);
    hn::StoreU(least_positive, d, pool.least_positive + j);
  }
}

template <class T>
constexpr PoolingKernels<T> Pooling() {
  return {.greatest = GreatestScore<T>,
          .sum = SumOfExponentials<T>,
          .exponentials = ExponentialsOfRow<T>,
          .pool_columns = PoolColumns<T>,
          .row_sums = SumsOfRow<T>};
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
