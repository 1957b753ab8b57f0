// The steps between scores and softmax, and the rows that softmax alone gets wrong: shared by both engines.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "attention/engine/packed.hpp"
#include "attention/engine/rows.hpp"
#include "attn/task.hpp"
#include "kernels/constants.hpp"

namespace attn {

template <class T>
inline constexpr T minus_infinity = -std::numeric_limits<T>::infinity();

/// How scores reach the exponential: weights are 2^(factor·x − shift), where x is alpha·q·k after scales that vary,
/// softcap, bias and ALiBi.
template <class T>
struct ScoreRule {
  /// `keeps_scores`: somebody sees the scores, so that x has to be these.
  explicit ScoreRule(const ScorePipeline<T>& pipeline, bool keeps_scores = false) {
    const T both = static_cast<T>(pipeline.scale * kLog2E<double>);
    folds_scale = pipeline.softcap == 0 && pipeline.bias.data == nullptr && pipeline.alibi_slopes.empty() &&
                  !pipeline.scales_vary() && !keeps_scores && both > T(0) && std::isfinite(both);
    alpha = folds_scale || pipeline.scales_vary() ? T(1) : static_cast<T>(pipeline.scale);
    factor = folds_scale ? both : kLog2E<T>;
    unit = folds_scale ? pipeline.scale : 1;
  }

  bool folds_scale;  ///< nothing stands between q·k and the exponential, which then takes the scale as well
  T alpha, factor;
  double unit;  ///< x times this is a score of the natural exponential
};

/// A query row: row r of the block that begins with query `first_row` of a task, of batch item b and head h.
struct RowPlace {
  std::size_t b = 0, h = 0;
  std::size_t first_row = 0, r = 0;

  std::size_t query() const { return first_row + r; }
};

/// Where a tile of scores lies: rows r0 … r1-1 of the block that begins with query `first_row`, keys
/// [begin, end), of batch item b and head h. Row r is at scores + (r − r0)·stride, key `begin` first.
template <class T>
struct ScoreTile {
  std::size_t b = 0, h = 0;
  std::size_t first_row = 0, r0 = 0, r1 = 0;
  std::int64_t begin = 0, end = 0;
  T* scores = nullptr;
  std::ptrdiff_t stride = 0;

  RowPlace place(std::size_t r) const { return {b, h, first_row, r}; }
  T* row(std::size_t r) const { return scores + static_cast<std::ptrdiff_t>(r - r0) * stride; }
};

/// The position of query 0 of a batch item among the keys, from which ALiBi counts.
template <class T>
std::int64_t alibi_offset(const AttentionTask<T>& task, std::size_t b) {
  std::span<const std::int64_t> offsets = task.pipeline.alibi_offsets;
  if (offsets.empty() && task.pipeline.mask != nullptr) offsets = task.pipeline.mask->shape().offsets;
  return offsets.empty() ? 0 : offsets[std::min(b, offsets.size() - 1)];
}

/// scores ← scores · scale of their row, where scales differ from row to row: the products were not scaled then.
template <class T>
void apply_scales(const AttentionTask<T>& task, const ScoreTile<T>& tile);
/// scores ← c·tanh(scores / c).
template <class T>
void apply_softcap(const AttentionTask<T>& task, const TileKernels<T>& kernels, const ScoreTile<T>& tile);
/// scores ← scores + bias − slope·|i + offset − k|.
template <class T>
void apply_bias(const AttentionTask<T>& task, const ScoreTile<T>& tile);
/// scores ← −inf where the row may not attend.
template <class T>
void apply_mask(const BlockRows& rows, const ScoreTile<T>& tile);

/// weights (n) ← weights · (kept ? scale : 0), from the given bit on: NaN stays NaN, as in the formula.
template <class T>
void drop_weights(const KeptWeights& kept, std::size_t bit, T* weights, std::size_t n) {
  const T factors[] = {T(0), static_cast<T>(kept.scale)};
  for (std::size_t j = 0; j < n; ++j) weights[j] *= factors[kept.has(bit + j) ? 1 : 0];
}

/// True if a row may attend no key: every key is masked, or has a bias of −inf.
template <class T>
bool row_is_empty(const AttentionTask<T>& task, const BlockRows& rows, const RowPlace& at);

/// Adds to `out` (D_v) what the sanitised values left out: weight·value of the keys in a range whose value is not
/// finite and which the row may attend. `weights` has the first key of the range first.
template <class T>
void add_non_finite_values(const AttentionTask<T>& task, const PackedHead<T>& head, const BlockRows& rows,
                           const RowPlace& at, KeyRange keys, const T* weights, T* out);

/// The output of an empty row: zeros, NaN, or the sum of all values, each by 1/S (and dropout).
template <class T>
void fill_empty_output(const AttentionTask<T>& task, EmptyRow rule, const RowPlace& at, T* out);

}  // namespace attn
