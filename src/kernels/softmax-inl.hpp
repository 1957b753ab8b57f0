// Softmax of whole rows of scores.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_SOFTMAX_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_SOFTMAX_INL_HPP_
#undef ATTN_KERNELS_SOFTMAX_INL_HPP_
#else
#define ATTN_KERNELS_SOFTMAX_INL_HPP_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/exp-inl.hpp"
#include "kernels/inlining.hpp"
#include "kernels/sum-inl.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Scores past n, up to whole vectors, become −inf: they add nothing to any sum. In whole vectors, as they are loaded
// next: a core waits where a load takes part of what single stores have not brought to the cache yet.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void PadRow(D d, T* row, std::size_t n, std::size_t padded) {
  const std::size_t lanes = hn::Lanes(d), rest = n % lanes;
  const auto nothing = hn::Set(d, -kInfinity<T>);
  std::size_t j = n - rest;
  if (rest != 0) {
    hn::StoreU(hn::IfThenElse(hn::FirstN(d, rest), hn::LoadU(d, row + j), nothing), d, row + j);
    j += lanes;
  }
  for (; j < padded; j += lanes) hn::StoreU(nothing, d, row + j);
}

// The greatest score of a padded row. A NaN is lost here; it comes back through the exponential.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T RowMax(D d, const T* HWY_RESTRICT row, std::size_t padded) {
  const std::size_t lanes = hn::Lanes(d);
  auto greatest0 = hn::Set(d, -kInfinity<T>);
  auto greatest1 = greatest0;
  std::size_t j = 0;
  for (; j + 2 * lanes <= padded; j += 2 * lanes) {
    greatest0 = GreatestSoFar(hn::LoadU(d, row + j), greatest0);
    greatest1 = GreatestSoFar(hn::LoadU(d, row + j + lanes), greatest1);
  }
  if (j < padded) greatest0 = GreatestSoFar(hn::LoadU(d, row + j), greatest0);
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(greatest0, greatest1)));
}

// row → 2^(factor·(row − peak)), in place; returns the sum. With fused multiply-add the product is exact before the
// difference, so that taking the difference last loses nothing; without, or where the multiple of the peak does not
// hold what scores differ by, it is taken first.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T ExponentiateRowExactly(D d, T* HWY_RESTRICT row, std::size_t padded, T factor, T peak) {
  const auto by = hn::Set(d, factor);
  auto sum = hn::Zero(d);
  const auto exponentiate = [&](auto&& exponent) HWY_ATTR ATTN_TILE {
    for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) {
      const auto weight = Exp2(Exact(), d, exponent(hn::LoadU(d, row + j)));
      hn::StoreU(weight, d, row + j);
      sum = hn::Add(sum, weight);
    }
  };
#if HWY_NATIVE_FMA
  if (const T multiple = factor * peak; std::abs(multiple) <= T(1) / std::numeric_limits<T>::epsilon()) {
    const auto shift = hn::Set(d, multiple);
    exponentiate([&](hn::Vec<D> x) HWY_ATTR ATTN_TILE { return hn::MulSub(x, by, shift); });
    return SumInHalves(d, sum);
  }
#endif
  const auto shift = hn::Set(d, peak);
  exponentiate([&](hn::Vec<D> x) HWY_ATTR ATTN_TILE { return hn::Mul(hn::Sub(x, shift), by); });
  return SumInHalves(d, sum);
}

// from / divisor. A product with the reciprocal and one correction with the exact remainder cost a third of a
// division. Without fused multiply-add there is no exact remainder.
// Unless it is `Careful`, what is infinite comes out as NaN.
template <bool Careful, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Quotient(D d, hn::Vec<D> dividend, hn::Vec<D> by, hn::Vec<D> reciprocal) {
#if !HWY_NATIVE_FMA
  static_cast<void>(d);
  static_cast<void>(reciprocal);
  return hn::Div(dividend, by);
#else
  const auto quotient = hn::Mul(dividend, reciprocal);
  const auto corrected = hn::MulAdd(hn::NegMulAdd(quotient, by, dividend), reciprocal, quotient);
  if constexpr (!Careful) return corrected;
  // An infinite quotient has no remainder.
  return hn::IfThenElse(hn::Lt(hn::Abs(quotient), hn::Set(d, kInfinity<hn::TFromD<D>>)), corrected, quotient);
#endif
}

// row · by, in place and to `copy` (n) if there is one. A copy that is not read again soon goes past the caches: its
// lines need not be read before they are written.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void ScaleRow(D d, T* HWY_RESTRICT row, std::size_t padded, T by, T* HWY_RESTRICT copy, std::size_t n,
                         bool streams) {
  const auto factor = hn::Set(d, by);
  const std::size_t lanes = hn::Lanes(d), whole = copy == nullptr ? 0 : n / lanes * lanes;
  std::size_t j = 0;
  if (streams && reinterpret_cast<std::uintptr_t>(copy) % (lanes * sizeof(T)) == 0) {
    for (; j < whole; j += lanes) {
      const auto weight = hn::Mul(hn::LoadU(d, row + j), factor);
      hn::StoreU(weight, d, row + j);
      hn::Stream(weight, d, copy + j);
    }
  } else {
    for (; j < whole; j += lanes) {
      const auto weight = hn::Mul(hn::LoadU(d, row + j), factor);
      hn::StoreU(weight, d, row + j);
      hn::StoreU(weight, d, copy + j);
    }
  }
  for (; j < padded; j += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, row + j), factor), d, row + j);
  if (copy != nullptr) std::copy(row + whole, row + n, copy + whole);
}

// Nothing past `to` is written: what is left after the last whole vector is done in one that overlaps it, or element by
// element where there is none.
template <bool Careful, class D, class T = hn::TFromD<D>>
HWY_INLINE bool DivideRowAs(D d, const T* HWY_RESTRICT from, T divisor, T* HWY_RESTRICT to, std::size_t n) {
  const std::size_t lanes = hn::Lanes(d);
  const auto by = hn::Set(d, divisor), reciprocal = hn::Set(d, T(1) / divisor);
  auto non_finite = hn::Zero(d);  // x − x is 0 for what is finite, else NaN
  const auto divide = [&](hn::Vec<D> x) HWY_ATTR {
    const auto quotient = Quotient<Careful>(d, x, by, reciprocal);
    non_finite = hn::Or(non_finite, hn::Sub(quotient, quotient));
    return quotient;
  };
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) hn::StoreU(divide(hn::LoadU(d, from + j)), d, to + j);
  if (j != 0 && j < n) {
    hn::StoreU(divide(hn::LoadU(d, from + n - lanes)), d, to + n - lanes);
  } else {
    for (; j < n; ++j) to[j] = hn::GetLane(divide(hn::Set(d, from[j])));
  }
  return hn::AllTrue(d, hn::Eq(non_finite, hn::Zero(d)));
}

// Nearly every row is finite, and then all quotients are as they should be.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE bool DivideRow(D d, const T* HWY_RESTRICT from, T divisor, T* HWY_RESTRICT to, std::size_t n) {
  return DivideRowAs<false>(d, from, divisor, to, n) || DivideRowAs<true>(d, from, divisor, to, n);
}

template <class T>
bool Divide(const T* from, T divisor, T* to, std::size_t n) {
  return DivideRow(hn::ScalableTag<T>(), from, divisor, to, n);
}

template <class T>
void DivideRowsBySums(const DivideRows<T>& rows) {
  const hn::ScalableTag<T> d;
  const T *sums = rows.sums, *from = rows.from;
  T* to = rows.to;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const T sum = SumInHalves(d, hn::LoadU(d, sums));
    rows.divided[i] = sum != T(0) && DivideRow(d, from, sum, to, rows.n);
    sums += hn::Lanes(d);
    from += rows.from_stride;
    to += rows.to_stride;
  }
}

template <class T>
void WholeSoftmaxRows(const SoftmaxRows<T>& rows) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t padded = (rows.n + lanes - 1) / lanes * lanes;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    T* HWY_RESTRICT row = rows.scores + static_cast<std::ptrdiff_t>(i) * rows.stride;
    PadRow(d, row, rows.n, padded);
    T greatest = RowMax(d, row, padded);
    if (rows.sink != nullptr && rows.sink[i] > greatest) greatest = rows.sink[i];
    rows.peak[i] = greatest;
    const T shift = greatest == -kInfinity<T> ? T(0) : greatest;
    T sum = ExponentiateRowExactly(d, row, padded, rows.factor, shift);
    if (rows.sink != nullptr) sum += hn::GetLane(Exp2(Exact(), d, hn::Set(d, (rows.sink[i] - shift) * rows.factor)));
    rows.sum[i] = sum;
    T* const copy = rows.copy == nullptr ? nullptr : rows.copy + static_cast<std::ptrdiff_t>(i) * rows.copy_stride;
    // All weights of an empty row are 0 already.
    ScaleRow(d, row, padded, sum == T(0) ? T(1) : T(1) / sum, copy, rows.n, rows.copy_streams);
  }
  if (rows.copy_streams) hwy::FlushStream();
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
