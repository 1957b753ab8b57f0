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
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "kernels/exp-inl.hpp"
#include "kernels/product-inl.hpp"
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

template <class V>
HWY_INLINE hn::Vec<hn::ScalableTag<double>> InDoubles(V v) {
  if constexpr (std::is_same_v<hn::TFromV<V>, double>) {
    return v;
  } else {
    return hn::PromoteTo(hn::ScalableTag<double>(), v);
  }
}

HWY_INLINE hn::Vec<hn::ScalableTag<double>> InHalves(hn::Vec<hn::ScalableTag<double>> v) { return v; }
#if HWY_TARGET != HWY_SCALAR  // which has no halves
// Σ of both halves of a vector, as doubles.
HWY_INLINE hn::Vec<hn::ScalableTag<double>> InHalves(hn::Vec<hn::ScalableTag<float>> v) {
  const hn::Half<hn::ScalableTag<float>> half;
  return hn::Add(InDoubles(hn::LowerHalf(half, v)), InDoubles(hn::UpperHalf(half, v)));
}
#endif

// How far the keys of a group of weights are from the position: `near`, the distance of the nearest, and what the
// others have more.
struct Distances {
  static constexpr std::size_t most = kTileVectors * hn::MaxLanes(hn::ScalableTag<float>());

  explicit Distances(std::size_t keys) : count(keys) {
    for (std::size_t i = 0; i < keys; ++i) {
      after[i] = static_cast<double>(i);
      before[i] = static_cast<double>(keys - 1 - i);
    }
  }

  // Of keys that begin `first` after the position.
  HWY_INLINE void set(double first) {
    const double last = first + static_cast<double>(count - 1);
    near = std::max({first, -last, 0.0});
    beyond = first >= 0 ? after.data() : before.data();
    if (first >= 0 || last <= 0) return;
    for (std::size_t i = 0; i < count; ++i) around[i] = std::abs(first + static_cast<double>(i));
    beyond = around.data();
  }

  std::size_t count;
  double near = 0;
  const double* beyond = nullptr;
  HWY_ALIGN std::array<double, most> before, after, around;
};

// Of some weights, in double precision and by lanes: Σ w, and Σ w·d.
struct LaneSums {
  hn::Vec<hn::ScalableTag<double>> weight, distance;

  // From memory, where floats are in halves already.
  template <class T>
  HWY_INLINE void Add(const T* HWY_RESTRICT weights, const double* HWY_RESTRICT distances) {
    const hn::ScalableTag<double> wide;
    const hn::Rebind<T, decltype(wide)> part;
    for (std::size_t l = 0; l < hn::Lanes(hn::ScalableTag<T>()); l += hn::Lanes(wide)) {
      const auto w = InDoubles(hn::LoadU(part, weights + l));
      weight = hn::Add(weight, w);
      distance = hn::MulAdd(w, hn::Load(wide, distances + l), distance);
    }
  }
};

// Groups of as many keys as a panel has: rows of an engine begin with a panel, so that zeros before and behind a row's
// weights change no sum. Products with logarithms, which have the precision of T, are added in T within a group.
template <class T>
RowSums SumsOfRow(const T* HWY_RESTRICT row, std::size_t n, double first_distance, T dense_from) {
  const hn::ScalableTag<T> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::ScalableTag<double> wide;
  const std::size_t lanes = hn::Lanes(d), group = kTileVectors * lanes;
  Distances distances(group);
  LaneSums sums{hn::Zero(wide), hn::Zero(wide)};
  auto information = hn::Zero(wide);
  auto greatest = hn::Zero(d), signs = hn::Zero(d);
  auto dense = hn::Zero(di);
  const auto add = [&](const T* HWY_RESTRICT weights, std::size_t j) HWY_ATTR {
    distances.set(first_distance + static_cast<double>(j));
    LaneSums in_group{hn::Zero(wide), hn::Zero(wide)};
    auto by_log = hn::Zero(d);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kTileVectors; ++v) {
      const auto w = hn::LoadU(d, weights + v * lanes);
      in_group.Add(weights + v * lanes, distances.beyond + v * lanes);
      by_log = hn::MulAdd(w, LogOfNormal(d, w), by_log);
      greatest = GreatestSoFar(w, greatest);
      signs = hn::Or(signs, w);
      const auto is_dense = hn::RebindMask(di, hn::Ge(w, hn::Set(d, dense_from)));
      dense = hn::Add(dense, hn::IfThenElseZero(is_dense, hn::Set(di, 1)));
    }
    sums.weight = hn::Add(sums.weight, in_group.weight);
    const auto distance = hn::MulAdd(in_group.weight, hn::Set(wide, distances.near), in_group.distance);
    sums.distance = hn::Add(sums.distance, distance);
    information = hn::Add(information, InHalves(by_log));
  };
  std::size_t j = 0;
  for (; j + group <= n; j += group) add(row + j, j);
  if (j < n) {
    HWY_ALIGN std::array<T, kTileVectors * hn::MaxLanes(d)> rest{};  // weights of 0 add nothing
    std::copy(row + j, row + n, rest.begin());
    add(rest.data(), j);
  }
  return {.weight = SumInHalves(wide, sums.weight),
          .information = SumInHalves(wide, information),
          .distance = SumInHalves(wide, sums.distance),
          .greatest = static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, greatest))),
          .dense = static_cast<std::size_t>(SumInHalves(di, dense)),
          .is_plain = hn::AllFalse(di, hn::Lt(hn::BitCast(di, signs), hn::Zero(di)))};
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
