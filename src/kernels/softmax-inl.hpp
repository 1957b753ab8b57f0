// Softmax over rows of scores: online, a key block at a time, and whole rows at once.
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

// Sums that a row's exponentials are added to in turn, one a vector of a panel: an element's place among the
// sums follows from its place in a panel alone, not from where the row begins.
constexpr std::size_t kSums = kTileVectors;

// row → exp(row − peak), in place, with results under the least normal number as 0; returns the sum. The
// difference is taken before it is scaled to base 2: it is then exact near the peak, however large the scores.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T ExponentiateRow(D d, T* HWY_RESTRICT row, std::size_t padded, T peak) {
  const std::size_t lanes = hn::Lanes(d);
  const auto log2e = hn::Set(d, kLog2E<T>);
  const auto shift = hn::Set(d, peak);
  hn::Vec<D> sum[kSums];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kSums; ++v) sum[v] = hn::Zero(d);
  for (std::size_t j = 0; j < padded; j += kSums * lanes) {
#pragma GCC unroll 8
    for (std::size_t v = 0; v < kSums; ++v) {
      const auto difference = hn::Sub(hn::LoadU(d, row + j + v * lanes), shift);
      const auto weight = Exp2FlushTiny(d, hn::Mul(difference, log2e));
      hn::StoreU(weight, d, row + j + v * lanes);
      sum[v] = hn::Add(sum[v], weight);
    }
  }
#pragma GCC unroll 8
  for (std::size_t v = 1; v < kSums; ++v) sum[0] = hn::Add(sum[0], sum[v]);
  return hn::GetLane(hn::SumOfLanes(d, sum[0]));
}

// The same with subnormal results.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T ExponentiateRowExactly(D d, T* HWY_RESTRICT row, std::size_t padded, T peak) {
  const auto log2e = hn::Set(d, kLog2E<T>);
  const auto shift = hn::Set(d, peak);
  auto sum = hn::Zero(d);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) {
    const auto weight = Exp2(d, hn::Mul(hn::Sub(hn::LoadU(d, row + j), shift), log2e));
    hn::StoreU(weight, d, row + j);
    sum = hn::Add(sum, weight);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

// x[i] → exp(x[i]), exactly 1 where x is 0, so that a peak that stays does not drift the sums.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void Factors(D d, T* HWY_RESTRICT x, std::size_t rows) {
  const std::size_t lanes = hn::Lanes(d);
  const auto factors = [&](T* at) HWY_ATTR {
    const auto exponent = hn::Mul(hn::LoadU(d, at), hn::Set(d, kLog2E<T>));
    const auto power = Exp2FlushTiny(d, exponent);
    hn::StoreU(hn::IfThenElse(hn::Eq(exponent, hn::Zero(d)), hn::Set(d, T(1)), power), d, at);
  };
  std::size_t i = 0;
  for (; i + lanes <= rows; i += lanes) factors(x + i);
  if (i == rows) return;
  T rest[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::size_t r = i; r < rows; ++r) rest[r - i] = x[r];
  factors(rest);
  for (std::size_t r = i; r < rows; ++r) x[r] = rest[r - i];
}

// row / divisor, rounded as a division would nearly always: a product with the reciprocal and one correction
// with the exact remainder cost a third of it. Without fused multiply-add there is no exact remainder.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void DivideRow(D d, T* HWY_RESTRICT row, std::size_t padded, T divisor) {
  const auto by = hn::Set(d, divisor);
#if HWY_TARGET == HWY_SSE4
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) hn::StoreU(hn::Div(hn::LoadU(d, row + j), by), d, row + j);
#else
  const auto reciprocal = hn::Set(d, T(1) / divisor);
  for (std::size_t j = 0; j < padded; j += hn::Lanes(d)) {
    const auto dividend = hn::LoadU(d, row + j);
    const auto quotient = hn::Mul(dividend, reciprocal);
    hn::StoreU(hn::MulAdd(hn::NegMulAdd(quotient, by, dividend), reciprocal, quotient), d, row + j);
  }
#endif
}

template <class T>
void OnlineSoftmaxStep(const SoftmaxStep<T>& step) {
  const hn::ScalableTag<T> d;
  const std::size_t group = kSums * hn::Lanes(d);
  const std::size_t padded = (step.n + group - 1) / group * group;
  const auto row_of = [&](std::size_t i) { return step.scores + static_cast<std::ptrdiff_t>(i) * step.stride; };
  for (std::size_t i = 0; i < step.rows; ++i) {
    PadRow(row_of(i), step.n, padded);
    const T block_peak = RowMax(d, row_of(i), padded);
    const T peak = block_peak > step.peak[i] ? block_peak : step.peak[i];
    // Before the first key the peak is −inf, and −inf − −inf would be NaN.
    step.factor[i] = step.peak[i] - (peak == -kInfinity<T> ? T(0) : peak);
    step.peak[i] = peak;
  }
  Factors(d, step.factor, step.rows);
  for (std::size_t i = 0; i < step.rows; ++i) {
    const T shift = step.peak[i] == -kInfinity<T> ? T(0) : step.peak[i];
    step.sum[i] = step.sum[i] * step.factor[i] + ExponentiateRow(d, row_of(i), padded, shift);
  }
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
      T sink = rows.sink[i] - shift;
      Factors(d, &sink, 1);
      sum += sink;
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
