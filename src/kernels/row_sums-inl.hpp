// Sums over one row of weights: how much, how sharp, how far.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_ROW_SUMS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_ROW_SUMS_INL_HPP_
#undef ATTN_KERNELS_ROW_SUMS_INL_HPP_
#else
#define ATTN_KERNELS_ROW_SUMS_INL_HPP_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/exp-inl.hpp"
#include "kernels/row_sums.hpp"
#include "kernels/sum-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// `root` is √½ as bits: a number's mantissa is taken from there to √2, so that its logarithm is small near 1.
template <class T>
struct LogConstants;

template <>
struct LogConstants<float> {
  static constexpr std::int32_t root = 0x3F3504F3;
  static constexpr float ln2 = 0.69314718F;
  static constexpr int mantissa_bits = 23;
};

template <>
struct LogConstants<double> {
  static constexpr std::int64_t root = 0x3FE6A09E667F3BCD;
  static constexpr double ln2 = 0.69314718055994530942;
  static constexpr int mantissa_bits = 52;
};

// (ln(1 + f) − f) / f² on [√½ − 1, √2 − 1], the highest power first: a minimax fit of degree 8 with
// a relative error of the logarithm of 5.4e-9, before rounding.
constexpr std::array kLogFloat{-7.621793449e-2F, 1.290444583e-1F,  -1.324298680e-1F, 1.418182254e-1F, -1.660908163e-1F,
                               2.000197470e-1F,  -2.500158250e-1F, 3.333332539e-1F,  -4.999998808e-1F};

// (ln m / 2s − 1) / s² as a series in s², s = (m − 1) / (m + 1), of which the rest is under 1e-17.
constexpr std::array kLogDouble{1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13,
                                1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5,  1.0 / 3};

// ln x for normal positive x; some finite number for 0.
template <class D>
HWY_INLINE hn::Vec<D> LogOfNormal(D d, hn::Vec<D> x) {
  using C = LogConstants<hn::TFromD<D>>;
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, x);
  const auto exponent = hn::ShiftRight<C::mantissa_bits>(hn::Sub(bits, hn::Set(di, C::root)));
  const auto mantissa = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<C::mantissa_bits>(exponent)));
  const auto power = hn::ConvertTo(d, exponent), one = hn::Set(d, 1), ln2 = hn::Set(d, C::ln2);
  const auto f = hn::Sub(mantissa, one);
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return hn::MulAdd(power, ln2, hn::MulAdd(hn::Mul(f, f), Polynomial(d, kLogFloat, f), f));
  } else {
    const auto s = hn::Div(f, hn::Add(mantissa, one));
    const auto twice = hn::Add(s, s), square = hn::Mul(s, s);
    return hn::MulAdd(power, ln2, hn::MulAdd(hn::Mul(twice, square), Polynomial(d, kLogDouble, square), twice));
  }
}

// Sums in double precision, by lanes. `from_position` is the key less the position.
struct LaneSums {
  using D = hn::ScalableTag<double>;
  hn::Vec<D> weight, information, distance;

  HWY_INLINE void Add(hn::Vec<D> w, hn::Vec<D> log, hn::Vec<D> from_position) {
    weight = hn::Add(weight, w);
    information = hn::MulAdd(w, log, information);
    distance = hn::MulAdd(w, hn::Abs(from_position), distance);
  }
};

HWY_INLINE void AddVector(LaneSums& sums, hn::Vec<hn::ScalableTag<double>> w, hn::Vec<hn::ScalableTag<double>> log,
                          hn::Vec<hn::ScalableTag<double>> key) {
  sums.Add(w, log, key);
}
#if HWY_TARGET != HWY_SCALAR  // which has no halves
HWY_INLINE void AddVector(LaneSums& sums, hn::Vec<hn::ScalableTag<float>> w, hn::Vec<hn::ScalableTag<float>> log,
                          hn::Vec<hn::ScalableTag<double>> key) {
  const hn::ScalableTag<double> wide;
  const hn::Half<hn::ScalableTag<float>> half;
  sums.Add(hn::PromoteTo(wide, hn::LowerHalf(half, w)), hn::PromoteTo(wide, hn::LowerHalf(half, log)), key);
  const auto next = hn::Add(key, hn::Set(wide, static_cast<double>(hn::Lanes(wide))));
  sums.Add(hn::PromoteTo(wide, hn::UpperHalf(half, w)), hn::PromoteTo(wide, hn::UpperHalf(half, log)), next);
}
#endif

template <class T>
RowSums SumsOfRow(const T* HWY_RESTRICT row, std::size_t n, double first_distance, T dense_from) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::ScalableTag<double> wide;
  const std::size_t lanes = hn::Lanes(d);
  LaneSums sums{hn::Zero(wide), hn::Zero(wide), hn::Zero(wide)};
  auto greatest = hn::Zero(d), signs = hn::Zero(d);
  auto dense = hn::Zero(di);
  auto key = hn::Add(hn::Iota(wide, 0), hn::Set(wide, first_distance));
  const auto step = hn::Set(wide, static_cast<double>(lanes));
  const auto add = [&](hn::Vec<decltype(d)> w) HWY_ATTR {
    AddVector(sums, w, LogOfNormal(d, w), key);
    key = hn::Add(key, step);
    greatest = GreatestSoFar(w, greatest);
    signs = hn::Or(signs, w);
    const auto is_dense = hn::RebindMask(di, hn::Ge(w, hn::Set(d, dense_from)));
    dense = hn::Add(dense, hn::IfThenElseZero(is_dense, hn::Set(di, 1)));
  };
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes) add(hn::LoadU(d, row + j));
  if (j < n) {
    HWY_ALIGN std::array<T, hn::MaxLanes(d)> rest{};  // weights of 0 add nothing
    std::copy(row + j, row + n, rest.begin());
    add(hn::Load(d, rest.data()));
  }
  return {.weight = SumInHalves(wide, sums.weight),
          .information = SumInHalves(wide, sums.information),
          .distance = SumInHalves(wide, sums.distance),
          .greatest = static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, greatest))),
          .dense = static_cast<std::size_t>(SumInHalves(di, dense)),
          .is_plain = hn::AllFalse(di, hn::Lt(hn::BitCast(di, signs), hn::Zero(di)))};
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
