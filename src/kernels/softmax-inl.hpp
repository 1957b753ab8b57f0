// Softmax of whole rows of scores.
// Included once for each target, after hwy/highway.h and exp-inl.hpp.

#if defined(ATTN_KERNELS_SOFTMAX_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_SOFTMAX_INL_HPP_
#undef ATTN_KERNELS_SOFTMAX_INL_HPP_
#else
#define ATTN_KERNELS_SOFTMAX_INL_HPP_
#endif

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Scores past n, up to whole vectors, become −inf: they add nothing to any sum.
template <class T>
HWY_INLINE void PadRow(T* row, std::size_t n, std::size_t padded) {
  for (std::size_t j = n; j < padded; ++j) row[j] = -kInfinity<T>;
}

// The greatest score of a padded row. A NaN may get lost here; it comes back through the exponential.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T RowMax(D d, const T* HWY_RESTRICT row, std::size_t padded) {
  const std::size_t lanes = hn::Lanes(d);
  auto greatest0 = hn::Set(d, -kInfinity<T>);
  auto greatest1 = greatest0;
  std::size_t j = 0;
  for (; j + 2 * lanes <= padded; j += 2 * lanes) {
    greatest0 = hn::Max(hn::LoadU(d, row + j), greatest0);
    greatest1 = hn::Max(hn::LoadU(d, row + j + lanes), greatest1);
  }
  if (j < padded) greatest0 = hn::Max(hn::LoadU(d, row + j), greatest0);
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(greatest0, greatest1)));
}

// row → exp(row − peak), in place; returns the sum. The difference is taken before it is scaled to base 2: it is
// then exact near the peak, however large the scores.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T ExponentiateRowExactly(D d, T* HWY_RESTRICT row, std::size_t padded, T peak) {
  const auto log2e = hn::Set(d, kLog2E<T>);
  const auto shift = hn::Set(d, peak);
  auto sum = hn::Zero(d);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) {
    const auto weight = Exp2(Exact(), d, hn::Mul(hn::Sub(hn::LoadU(d, row + j), shift), log2e));
    hn::StoreU(weight, d, row + j);
    sum = hn::Add(sum, weight);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// from / divisor. A product with the reciprocal and one correction with the exact remainder cost a third of a
// division. Without fused multiply-add there is no exact remainder.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> Quotient(D d, hn::Vec<D> dividend, hn::Vec<D> by, hn::Vec<D> reciprocal) {
#if HWY_TARGET == HWY_SSE4
  static_cast<void>(d);
  static_cast<void>(reciprocal);
  return hn::Div(dividend, by);
#else
  const auto quotient = hn::Mul(dividend, reciprocal);
  const auto corrected = hn::MulAdd(hn::NegMulAdd(quotient, by, dividend), reciprocal, quotient);
  // An infinite quotient has no remainder.
  return hn::IfThenElse(hn::Lt(hn::Abs(quotient), hn::Set(d, kInfinity<hn::TFromD<D>>)), corrected, quotient);
#endif
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void DivideRow(D d, T* HWY_RESTRICT row, std::size_t padded, T divisor) {
  const auto by = hn::Set(d, divisor), reciprocal = hn::Set(d, T(1) / divisor);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d))
    hn::StoreU(Quotient(d, hn::LoadU(d, row + j), by, reciprocal), d, row + j);
}

// Element by element past the last whole vector: nothing past `to` is written.
template <class T>
void Divide(const T* from, T divisor, T* to, std::size_t n) {
  const hn::ScalableTag<T> d;
  const auto by = hn::Set(d, divisor), reciprocal = hn::Set(d, T(1) / divisor);
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= n; j += hn::Lanes(d))
    hn::StoreU(Quotient(d, hn::LoadU(d, from + j), by, reciprocal), d, to + j);
  for (; j < n; ++j) to[j] = hn::GetLane(Quotient(d, hn::Set(d, from[j]), by, reciprocal));
}

template <class T>
void WholeSoftmaxRows(const SoftmaxRows<T>& rows) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t padded = (rows.n + lanes - 1) / lanes * lanes;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    T* HWY_RESTRICT row = rows.scores + static_cast<std::ptrdiff_t>(i) * rows.stride;
    PadRow(row, rows.n, padded);
    T greatest = RowMax(d, row, padded);
    if (rows.sink != nullptr && rows.sink[i] > greatest) greatest = rows.sink[i];
    rows.peak[i] = greatest;
    const T shift = greatest == -kInfinity<T> ? T(0) : greatest;
    T sum = ExponentiateRowExactly(d, row, padded, shift);
    if (rows.sink != nullptr) {
      sum += hn::GetLane(Exp2(Exact(), d, hn::Set(d, (rows.sink[i] - shift) * kLog2E<T>)));
    }
    rows.sum[i] = sum;
    if (sum == T(0)) continue;  // an empty row: all weights are 0 already
    DivideRow(d, row, padded, sum);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
