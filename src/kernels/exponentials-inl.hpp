// Weights of the online softmax: 2^(factor·score − shift), out of the register tile or out of memory.
// Included once for each target, after hwy/highway.h.

#if defined(ATTN_KERNELS_EXPONENTIALS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTN_KERNELS_EXPONENTIALS_INL_HPP_
#undef ATTN_KERNELS_EXPONENTIALS_INL_HPP_
#else
#define ATTN_KERNELS_EXPONENTIALS_INL_HPP_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/exp-inl.hpp"
#include "kernels/inlining.hpp"
#include "kernels/packing-inl.hpp"
#include "kernels/product-inl.hpp"
#include "kernels/softmax-inl.hpp"
#include "kernels/sum-inl.hpp"
#include "kernels/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace attn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The form in which weights are left for the product with the values.
struct AsFloats {
  // Vector v of a panel.
  template <class D, class T = hn::TFromD<D>>
  static HWY_INLINE void Store(D d, hn::Vec<D> weight, T* HWY_RESTRICT panel, std::size_t v) {
    hn::StoreU(weight, d, panel + v * hn::Lanes(d));
  }
  // The first n weights of a row, whole panels.
  template <class T>
  static HWY_INLINE void Rescale(T* row, std::size_t n, T change) {
    for (std::size_t j = 0; j < n; ++j) row[j] *= change;
  }
};

// factor·score − shift. Without fused multiply-add the product would be rounded before the difference: there the
// difference comes first, from what the shift is in units of the score.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> OfShift(D d, T factor, T shift) {
#if !HWY_NATIVE_FMA
  return hn::Set(d, shift / factor);
#else
  static_cast<void>(factor);
  return hn::Set(d, shift);
#endif
}

template <class D>
HWY_INLINE hn::Vec<D> Exponent(D, hn::Vec<D> score, hn::Vec<D> factor, hn::Vec<D> of_shift) {
#if !HWY_NATIVE_FMA
  return hn::Mul(hn::Sub(score, of_shift), factor);
#else
  return hn::MulSub(score, factor, of_shift);
#endif
}

// One row's scores on a panel of NV vectors → weights; adds them to the row's lanes. Both ways to the weights end
// here, and the vectors of a panel are always added in this order, so that a row has the same bits on either way.
// Bounded: the factor is 1 and the shift 0.
template <std::size_t NV, class Form, class Range = Quick, class D, class T = hn::TFromD<D>>
HWY_INLINE void ExpPanel(D d, const hn::Vec<D> (&scores)[NV], T factor, T shift, T* HWY_RESTRICT weights,
                         T* HWY_RESTRICT sums) {
  const auto by = hn::Set(d, factor), less = OfShift(d, factor, shift);
  hn::Vec<D> sum[NV];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < NV; ++v) {
    if constexpr (std::is_same_v<Range, Bounded>) {
      sum[v] = Exp2(Bounded(), d, scores[v]);
    } else {
      sum[v] = Exp2(Quick(), d, Exponent(d, scores[v], by, less));
    }
    Form::Store(d, sum[v], weights, v);
  }
  if constexpr (NV == 4) {
    sum[0] = hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]));
  } else {
    static_assert(NV == 2);
    sum[0] = hn::Add(sum[0], sum[1]);
  }
  hn::StoreU(hn::Add(hn::LoadU(d, sums), sum[0]), d, sums);
}

// A panel of stored scores of one row → weights, in place.
template <class Form, class D, class T = hn::TFromD<D>>
HWY_INLINE void ExpStoredPanel(D d, T* HWY_RESTRICT row, T factor, T shift, T* HWY_RESTRICT sums) {
  hn::Vec<D> scores[kTileVectors];
#pragma GCC unroll 8
  for (std::size_t v = 0; v < kTileVectors; ++v) scores[v] = hn::LoadU(d, row + v * hn::Lanes(d));
  ExpPanel<kTileVectors, Form>(d, scores, factor, shift, row, sums);
}

// The scores of a tile, chain by chain, in the order of `Tile`.
template <std::size_t M, class D, class T = hn::TFromD<D>>
HWY_INLINE void SumScores(D d, const ExpProducts<T>& w, const T* query, const T* keys,
                          hn::Vec<D> (&score)[M][kTileVectors]) {
  const std::size_t lanes = hn::Lanes(d), width = kTileVectors * lanes;
  HWY_ALIGN T earlier[M * kTileVectors * HWY_MAX_BYTES / sizeof(T)];
  for (std::size_t k = 0;;) {
    const std::size_t steps = HWY_MIN(kScoreChain, w.depth - k);
    SetZero<M, kTileVectors>(d, score);
    SumProducts<M, kTileVectors>(d, query + k, w.query_stride, keys + k * width, static_cast<std::ptrdiff_t>(width),
                                 steps, score);
    if (k != 0) AddStored<M, kTileVectors>(d, earlier, static_cast<std::ptrdiff_t>(width), score);
    k += steps;
    if (k == w.depth) return;
    StoreSums<M, kTileVectors>(d, score, earlier, static_cast<std::ptrdiff_t>(width));
  }
}

// All rows against one whole panel of keys: the scores go from the register tile through the exponential.
template <class Form, class Range, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void ExpPanelProduct(D d, const ExpProducts<T>& w, const T* b, T* weights, T* sums) {
  const std::size_t lanes = hn::Lanes(d);
  const auto tile = [&](auto rows, std::size_t i, auto&& sum) HWY_ATTR ATTN_TILE {
    constexpr std::size_t M = decltype(rows)::value;
    if (w.ahead != nullptr) w.ahead->step();
    hn::Vec<D> score[M][kTileVectors];
    sum(w.query + static_cast<std::ptrdiff_t>(i) * w.query_stride, score);
#pragma GCC unroll 8
    for (std::size_t r = 0; r < M; ++r)
      ExpPanel<kTileVectors, Form, Range>(d, score[r], w.factor[i + r], w.shift[i + r],
                                          weights + static_cast<std::ptrdiff_t>(i + r) * w.stride,
                                          sums + (i + r) * lanes);
  };
  if (is_in_two(w.depth)) {
    ForRowGroups<kTileRows / 2>(w.rows, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
      tile(rows, i, [&](const T* query, auto& score) HWY_ATTR ATTN_TILE {
        SumProductsInTwo<decltype(rows)::value, kTileVectors>(
            d, query, w.query_stride, b, static_cast<std::ptrdiff_t>(kTileVectors * lanes), w.depth, score);
      });
    });
  } else {
    ForRowGroups<kTileRows>(w.rows, [&](auto rows, std::size_t i) HWY_ATTR ATTN_TILE {
      tile(rows, i, [&](const T* query, auto& score) HWY_ATTR ATTN_TILE {
        SumScores<decltype(rows)::value>(d, w, query, b, score);
      });
    });
  }
}

// Marks the rows that have a weight past the limit, and takes it out of their sums; returns their number.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE std::size_t MarkPastLimit(D d, const ExpProducts<T>& w) {
  const std::size_t lanes = hn::Lanes(d);
  // A weight past the limit shows in its lane's sum. Half of it, as the difference of sums is rounded.
  const auto limit = hn::Set(d, kGreatestWeight<T> / 2);
  std::size_t past = 0;
  for (std::size_t i = 0; i < w.rows; ++i) {
    const auto earlier = hn::LoadU(d, w.earlier_sums + i * lanes);
    const auto added = hn::Sub(hn::LoadU(d, w.sums + i * lanes), earlier);
    w.past_limit[i] = !hn::AllTrue(d, hn::Le(added, limit));
    if (w.past_limit[i]) hn::StoreU(earlier, d, w.sums + i * lanes);
    past += w.past_limit[i];
  }
  return past;
}

template <class T, class Form = AsFloats>
std::size_t ExpProductBlock(const ExpProducts<T>& w) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d), width = kTileVectors * lanes;
  if (!w.bounded) std::copy_n(w.sums, w.rows * lanes, w.earlier_sums);
  const T* b = w.keys;
  std::size_t j = 0;
  for (; j + width <= w.n; j += width, b += width * w.depth) {
    if (w.bounded) {
      ExpPanelProduct<Form, Bounded>(d, w, b, w.weights + j, w.sums);
    } else {
      ExpPanelProduct<Form, Quick>(d, w, b, w.weights + j, w.sums);
    }
  }
  if (j < w.n) {
    Multiply<T>({.a = w.query,
                 .a_stride = w.query_stride,
                 .b = b,
                 .b_stride = static_cast<std::ptrdiff_t>(width),
                 .b_panel_stride = static_cast<std::ptrdiff_t>(width * w.depth),
                 .c = w.weights + j,
                 .c_stride = w.stride,
                 .m = w.rows,
                 .n = w.n - j,
                 .k = w.depth,
                 .chain = kScoreChain,
                 .in_two = is_in_two(w.depth)});
    for (std::size_t i = 0; i < w.rows; ++i) {
      T* row = w.weights + static_cast<std::ptrdiff_t>(i) * w.stride + j;
      PadRow(d, row, w.n - j, width);
      ExpStoredPanel<Form>(d, row, w.factor[i], w.shift[i], w.sums + i * lanes);
    }
  }
  return w.bounded ? 0 : MarkPastLimit(d, w);
}

// The shift that belongs to a running maximum: infinite past the whole numbers that T holds. Then differences of scores
// are taken first, as a multiple of them would not hold what they differ by.
template <class T>
HWY_INLINE T ShiftOf(T running_max, T factor) {
  const T shift = running_max * factor;
  return std::abs(shift) <= T(1) / std::numeric_limits<T>::epsilon() ? shift : kInfinity<T>;
}

// Moves a row's running maximum to `greatest`; `weights` (n) are the row's earlier ones in this tile. The shift moves
// by a whole number: what is rescaled by a power of two keeps its bits, so that it does not matter where a tile ends.
template <class Form, class D, class T = hn::TFromD<D>>
HWY_NOINLINE void MoveRunningMax(D d, const ExpScores<T>& w, std::size_t i, T greatest, T* weights, std::size_t n) {
  const T factor = w.factor[i];
  const bool had_shift = std::isfinite(w.shift[i]), has_shift = std::isfinite(ShiftOf(greatest, factor));
  // What the weights are relative to is the shift, or without one the maximum itself.
  T growth = (greatest - w.running_max[i]) * factor;
  if (had_shift || has_shift) growth = greatest * factor - (had_shift ? w.shift[i] : w.running_max[i] * factor);
  if (had_shift && has_shift) growth = std::round(growth);
  w.shift[i] = !has_shift ? kInfinity<T> : had_shift ? w.shift[i] + growth : greatest * factor;
  w.running_max[i] = greatest;
  const T change = hn::GetLane(Exp2(Quick(), d, hn::Set(d, -growth)));
  w.change[i] *= change;
  for (std::size_t l = 0; l < hn::Lanes(d); ++l) w.sums[i * hn::Lanes(d) + l] *= change;
  Form::Rescale(weights, n, change);
}

// One panel of stored scores of row i: sets or moves its running maximum, then takes the exponentials.
template <class Form, class D, class T = hn::TFromD<D>>
HWY_INLINE void ExpScorePanel(D d, const ExpScores<T>& w, std::size_t i, T* HWY_RESTRICT row, std::size_t j) {
  const std::size_t lanes = hn::Lanes(d);
  const T factor = w.factor[i];
  auto greatest = hn::LoadU(d, row + j);
#pragma GCC unroll 8
  for (std::size_t v = 1; v < kTileVectors; ++v) greatest = GreatestSoFar(hn::LoadU(d, row + j + v * lanes), greatest);
  const auto growth = hn::MulSub(greatest, hn::Set(d, factor), hn::Set(d, w.shift[i]));
  const bool takes_differences = std::isfinite(w.running_max[i]) && !std::isfinite(w.shift[i]);
  // Also where the running maximum is −inf, as then the growth is infinite or NaN.
  if (takes_differences || !hn::AllTrue(d, hn::Le(growth, hn::Set(d, w.growth)))) {
    const T peak = RowMax(d, row + j, kTileVectors * lanes);
    if (w.running_max[i] == -kInfinity<T>) {
      const bool stays = w.may_start_at_zero && std::abs(peak * factor) <= kSmallScore<T>;
      w.running_max[i] = stays ? T(0) : peak;
      if (peak != -kInfinity<T>) w.shift[i] = ShiftOf(w.running_max[i], factor);
    } else if ((peak - w.running_max[i]) * factor > w.growth) {
      MoveRunningMax<Form>(d, w, i, peak, row, j);
    }
  }
  T* sums = w.sums + i * lanes;
  const T running_max = w.running_max[i];
  if (std::isfinite(running_max) && !std::isfinite(w.shift[i])) {
    for (std::size_t l = 0; l < kTileVectors * lanes; ++l) row[j + l] = (row[j + l] - running_max) * factor;
    ExpStoredPanel<Form>(d, row + j, T(1), T(0), sums);
  } else {
    ExpStoredPanel<Form>(d, row + j, factor, running_max == -kInfinity<T> ? T(0) : w.shift[i], sums);
  }
}

template <class T, class Form = AsFloats>
void ExpScoreBlock(const ExpScores<T>& w) {
  const hn::ScalableTag<T> d;
  const std::size_t width = kTileVectors * hn::Lanes(d);
  const std::size_t padded = (w.n + width - 1) / width * width;
  for (std::size_t i = 0; i < w.rows; ++i) {
    T* row = w.scores + static_cast<std::ptrdiff_t>(i) * w.stride;
    PadRow(d, row, w.n, padded);
    w.change[i] = T(1);
    for (std::size_t j = 0; j < padded; j += width) ExpScorePanel<Form>(d, w, i, row, j);
  }
}

// True if every element of x that is not 0 is a normal number once scaled.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE bool ScalingKeeps(D d, hn::Vec<D> x, hn::Vec<D> scaled) {
  const auto size = hn::Abs(scaled);
  const auto is_normal = hn::And(hn::Ge(size, hn::Set(d, std::numeric_limits<T>::min())),
                                 hn::Le(size, hn::Set(d, std::numeric_limits<T>::max())));
  return hn::AllTrue(d, hn::Or(is_normal, hn::Eq(x, hn::Zero(d))));
}

// The same of a row of a vector or more, whose last one may overlap the one before.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE bool ScalingKeepsRow(D d, const T* HWY_RESTRICT from, const T* HWY_RESTRICT scaled, std::size_t n) {
  const auto keeps = [&](std::size_t j)
                         HWY_ATTR { return ScalingKeeps(d, hn::LoadU(d, from + j), hn::LoadU(d, scaled + j)); };
  const std::size_t last = n - hn::Lanes(d);
  for (std::size_t j = 0; j < last; j += hn::Lanes(d))
    if (!keeps(j)) return false;
  return keeps(last);
}

// One row of queries: scaled, unless an element that is not 0 would then not be a normal number. Each is looked at only
// where that may be so: the least size is no normal number, or the sum of squares not finite.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void ScaleQuery(D d, const ScaleQueries<T>& q, std::size_t i, GreatestSquare<T>& lengths) {
  const std::size_t lanes = hn::Lanes(d);
  const T* HWY_RESTRICT from = q.from + static_cast<std::ptrdiff_t>(i) * q.from_stride;
  T* HWY_RESTRICT to = q.to + static_cast<std::ptrdiff_t>(i) * q.to_stride;
  const auto by = hn::Set(d, q.factor);
  T square = 0;
  bool keeps = true;
  if (q.n >= lanes) {
    auto squares = hn::Zero(d), least = hn::Set(d, kInfinity<T>);
    std::size_t j = 0;
    for (; j + lanes <= q.n; j += lanes) {
      const auto scaled = hn::Mul(hn::LoadU(d, from + j), by);
      squares = hn::MulAdd(scaled, scaled, squares);
      least = hn::Min(least, hn::Abs(scaled));
      hn::StoreU(scaled, d, to + j);
    }
    if (j < q.n) {
      // A whole vector again, of which what is counted already adds 0: element by element, each would be stored and
      // loaded as part of a vector, for which a core waits until the store has come to the cache.
      const std::size_t last = q.n - lanes;
      const auto scaled = hn::Mul(hn::LoadU(d, from + last), by);
      const auto counted = hn::IfThenZeroElse(hn::FirstN(d, j - last), scaled);
      squares = hn::MulAdd(counted, counted, squares);
      least = hn::Min(least, hn::Abs(scaled));
      hn::StoreU(scaled, d, to + last);
    }
    square = SumInHalves(d, squares);
    const bool is_plain = square <= std::numeric_limits<T>::max() &&
                          hn::AllTrue(d, hn::Ge(least, hn::Set(d, std::numeric_limits<T>::min())));
    keeps = is_plain || ScalingKeepsRow(d, from, to, q.n);
  } else {
    HWY_ALIGN T few[HWY_MAX_BYTES / sizeof(T)] = {};
    std::copy_n(from, q.n, few);
    const auto x = hn::Load(d, few), scaled = hn::Mul(x, by);
    hn::Store(scaled, d, few);
    std::copy_n(few, q.n, to);
    square = SumInHalves(d, hn::Mul(scaled, scaled));
    keeps = ScalingKeeps(d, x, scaled);
  }
  q.factors[i] = keeps ? T(1) : q.factor;
  lengths.add(keeps ? square : kInfinity<T>);
  if (!keeps) std::copy_n(from, q.n, to);
}

template <class T>
T ScaleQueryRows(const ScaleQueries<T>& q) {
  const hn::ScalableTag<T> d;
  GreatestSquare<T> lengths;
  for (std::size_t i = 0; i < q.rows; ++i) ScaleQuery(d, q, i, lengths);
  return lengths.length();
}

}  // namespace HWY_NAMESPACE
}  // namespace attn
HWY_AFTER_NAMESPACE();

#endif
