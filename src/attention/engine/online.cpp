// One tile of the online softmax, and the end of a row.
#include "attention/engine/online.hpp"

#include <algorithm>
#include <cmath>

#include "attention/engine/engines.hpp"
#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

// Scaling queries ahead rounds them once more, and with 0 as the running maximum no weight is exactly 1. Short rows,
// which are nearly exact otherwise, would lose by it, and gain nothing.
constexpr std::size_t least_keys = 64;

// How scores reach the exponential: the weights are 2^(factor·x − shift), where x is alpha·q·k after softcap, bias
// and ALiBi.
template <class T>
struct ScoreRule {
  explicit ScoreRule(const AttentionTask<T>& task) {
    const T both = static_cast<T>(task.pipeline.scale * kLog2E<double>);
    folds_scale = task.pipeline.softcap == 0 && task.pipeline.bias.data == nullptr &&
                  task.pipeline.alibi_slopes.empty() && both > T(0) && std::isfinite(both);
    alpha = folds_scale ? T(1) : static_cast<T>(task.pipeline.scale);
    factor = folds_scale ? both : kLog2E<T>;
  }
  bool folds_scale;  // nothing stands between q·k and the exponential, which then takes the scale as well
  T alpha, factor;
};

template <class T>
class Tile {
 public:
  Tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head, const OnlineTile<T>& at)
      : task_(task), kernels_(kernels), head_(head), at_(at), rule_(task), state_(*at.state), scratch_(*at.scratch) {}

  void attend() {
    if (!rule_.folds_scale || masked()) {
      exp_scores(0, at_.rows, 0, keys());
    } else if (at_.bounded) {
      exp_products(0);
    } else {
      // Rows without a running maximum get it from their first panel; then no score need be stored.
      const std::size_t first = all_have_maxima() ? 0 : std::min(kernels_.panel, keys());
      if (first != 0) exp_scores(0, at_.rows, 0, first);
      if (first != keys() && all_have_maxima()) {
        exp_products(first);
      } else if (first != keys()) {
        exp_scores(0, at_.rows, first, keys());
      }
    }
    multiply_values();
  }

 private:
  std::size_t keys() const { return static_cast<std::size_t>(at_.end - at_.begin); }
  T* weights(std::size_t row) { return scratch_.weights.data() + static_cast<std::ptrdiff_t>(row) * scratch_.stride; }

  bool masked() const {
    return std::any_of(at_.parts.begin(), at_.parts.end(), [](const TilePart<T>& part) { return part.masked; });
  }

  bool all_have_maxima() const {
    const T* shift = state_.shift(at_.first);
    return std::all_of(shift, shift + at_.rows, [](T x) { return std::isfinite(x); });
  }

  // Keys j0 … of the tile, without storing their scores.
  void exp_products(std::size_t j0) {
    const std::size_t past = kernels_.exp_products({.query = at_.query,
                                                    .query_stride = at_.query_stride,
                                                    .keys = packed_keys(j0),
                                                    .rows = at_.rows,
                                                    .n = keys() - j0,
                                                    .depth = task_.operands.query.cols,
                                                    .weights = weights(0) + j0,
                                                    .stride = scratch_.stride,
                                                    .factor = state_.factor(at_.first),
                                                    .shift = state_.shift(at_.first),
                                                    .bounded = at_.bounded,
                                                    .sums = state_.sums(at_.first),
                                                    .earlier_sums = scratch_.earlier_sums.data(),
                                                    .past_limit = scratch_.past_limit.data()});
    if (past == 0) return;
    const unsigned char* marked = scratch_.past_limit.data();
    for (std::size_t r = 0; r < at_.rows;) {
      std::size_t end = r + 1;
      while (end < at_.rows && marked[end] == marked[r]) ++end;
      if (marked[r]) exp_scores(r, end, j0, keys());
      r = end;
    }
  }

  // Rows r0 … r1-1 and keys j0 … j1-1 by way of their scores.
  void exp_scores(std::size_t r0, std::size_t r1, std::size_t j0, std::size_t j1) {
    const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(task_.operands.query.cols);
    const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(kernels_.panel);
    kernels_.multiply({.a = at_.query + static_cast<std::ptrdiff_t>(r0) * at_.query_stride,
                       .a_stride = at_.query_stride,
                       .b = packed_keys(j0),
                       .b_stride = panel,
                       .b_panel_stride = panel * depth,
                       .c = weights(r0) + j0,
                       .c_stride = scratch_.stride,
                       .m = r1 - r0,
                       .n = j1 - j0,
                       .k = task_.operands.query.cols,
                       .alpha = rule_.alpha});
    if (!rule_.folds_scale || masked()) {
      for (const TilePart<T>& part : at_.parts) {
        apply_softcap(task_, kernels_, part.scores);
        apply_bias(task_, part.scores);
        if (part.masked) apply_mask(*part.rows, part.scores);
      }
    }
    T* change = scratch_.change.data() + r0;
    kernels_.exp_scores({.scores = weights(r0) + j0,
                         .stride = scratch_.stride,
                         .rows = r1 - r0,
                         .n = j1 - j0,
                         .factor = state_.factor(at_.first + r0),
                         .may_start_at_zero = at_.may_start_at_zero,
                         .growth = rule_.folds_scale ? kGreatestGrowth<T> : T(1),
                         .running_max = state_.running_max(at_.first + r0),
                         .shift = state_.shift(at_.first + r0),
                         .sums = state_.sums(at_.first + r0),
                         .change = change});
    for (std::size_t r = r0; r < r1; ++r, ++change) {
      if (*change == T(1)) continue;
      T* output = state_.output(at_.first + r);
      for (std::size_t c = 0; c < task_.operands.value.cols; ++c) output[c] *= *change;
      kernels_.rescale(weights(r), j0, *change);
    }
  }

  // Once they are summed: what is dropped counts in the softmax. Those that are kept are scaled at the end of the row.
  void drop_weights() {
    for (const TilePart<T>& part : at_.parts) {
      const ScoreTile<T>& of = part.scores;
      for (std::size_t r = of.r0; r < of.r1; ++r)
        kernels_.keep(of.row(r), keys(), task_.pipeline.kept.bits,
                      task_.pipeline.kept.row(of.b, of.h, of.first_row + r) + static_cast<std::size_t>(of.begin));
    }
  }

  void multiply_values() {
    if (task_.pipeline.kept.bits != nullptr) drop_weights();
    kernels_.multiply_values({.a = weights(0),
                              .a_stride = scratch_.stride,
                              .b = head_.values + (at_.begin - head_.first_key) * head_.value_stride,
                              .b_stride = head_.value_stride,
                              .b_panel_stride = head_.value_panel_stride,
                              .c = state_.output(at_.first),
                              .c_stride = state_.output_stride(),
                              .m = at_.rows,
                              .n = task_.operands.value.cols,
                              .k = keys(),
                              .accumulate = true});
    if (head_.non_finite_keys.empty()) return;
    std::size_t row = at_.first;
    for (const TilePart<T>& part : at_.parts) {
      const ScoreTile<T>& scores = part.scores;
      for (std::size_t r = scores.r0; r < scores.r1; ++r, ++row)
        add_non_finite_values(task_, head_, *part.rows, scores.place(r), {at_.begin, at_.end}, scores.row(r),
                              state_.output(row));
    }
  }

  // From key j of the tile, which begins a panel.
  const T* packed_keys(std::size_t j) const {
    return head_.keys + (at_.begin - head_.first_key + static_cast<std::int64_t>(j)) *
                            static_cast<std::ptrdiff_t>(task_.operands.query.cols);
  }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  const PackedHead<T>& head_;
  const OnlineTile<T>& at_;
  ScoreRule<T> rule_;
  OnlineRows<T>& state_;
  TileScratch<T>& scratch_;
};

// The sink may be the greatest logit of the row: then everything is rescaled to it.
template <class T>
void join_sink(RowTotal<T>& total, double sink, std::size_t columns) {
  const double greatest = std::max(sink, total.peak);
  if (std::isnan(total.peak) || std::isnan(total.sum) || greatest == -std::numeric_limits<double>::infinity()) return;
  const T factor = static_cast<T>(std::exp(total.peak - greatest));
  total.sum = total.sum * factor + static_cast<T>(std::exp(sink - greatest));
  total.peak = greatest;
  for (std::size_t c = 0; c < columns; ++c) total.output[c] *= factor;
}

}  // namespace

template <class T>
OnlineRows<T>::OnlineRows(std::size_t rows, std::size_t columns, const TileKernels<T>& kernels)
    : lanes_(kernels.lanes),
      output_stride_(round_up(columns, kernels.lanes)),
      factor_(rows),
      running_max_(rows),
      shift_(rows),
      sums_(rows * lanes_),
      output_(rows * output_stride_) {}

template <class T>
void OnlineRows<T>::clear(std::size_t first, std::size_t count) {
  std::fill_n(running_max(first), count, minus_infinity<T>);
  std::fill_n(shift(first), count, minus_infinity<T>);
  std::fill_n(sums(first), count * lanes_, T(0));
  std::fill_n(output(first), count * output_stride_, T(0));
}

template <class T>
void OnlineRows<T>::clear_at_zero(std::size_t first, std::size_t count) {
  clear(first, count);
  std::fill_n(running_max(first), count, T(0));
  std::fill_n(shift(first), count, T(0));
}

template <class T>
void OnlineRows<T>::copy_row(std::size_t at, OnlineRows& from, std::size_t row) {
  *factor(at) = *from.factor(row);
  *running_max(at) = *from.running_max(row);
  *shift(at) = *from.shift(row);
  std::copy_n(from.sums(row), lanes_, sums(at));
  std::copy_n(from.output(row), output_stride_, output(at));
}

template <class T>
T OnlineRows<T>::sum(std::size_t row) {
  T lanes[kMostLanes];
  std::copy_n(sums(row), lanes_, lanes);
  for (std::size_t half = lanes_ / 2; half != 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

template <class T>
T factor_of_given(const AttentionTask<T>& task) {
  return ScoreRule<T>(task).factor;
}

template <class T>
ScaledQueries<T>::ScaledQueries(std::size_t rows, const AttentionTask<T>& task, const TileKernels<T>& kernels)
    : task_(task),
      kernels_(kernels),
      scales_(kernels.scale_queries != nullptr && ScoreRule<T>(task).folds_scale &&
              task.operands.key.rows >= least_keys),
      scaled_(scales_ ? rows * task.operands.query.cols : 0),
      lengths_(rows) {}

template <class T>
void ScaledQueries<T>::set(MatrixView<const T> query, std::size_t first, std::size_t rows, OnlineRows<T>& state) {
  const T factor = factor_of_given(task_);
  if (!scales_) {
    rows_ = query.row(first);
    stride_ = query.row_stride;
    longest_ = std::numeric_limits<T>::infinity();
    std::fill_n(state.factor(0), rows, factor);
    return;
  }
  rows_ = scaled_.data();
  stride_ = static_cast<std::ptrdiff_t>(query.cols);
  kernels_.scale_queries({.from = query.row(first),
                          .from_stride = query.row_stride,
                          .rows = rows,
                          .n = query.cols,
                          .factor = factor,
                          .to = scaled_.data(),
                          .to_stride = stride_,
                          .factors = state.factor(0),
                          .lengths = lengths_.data()});
  longest_ = *std::max_element(lengths_.data(), lengths_.data() + rows);
}

template <class T>
void attend_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head,
                 const OnlineTile<T>& tile) {
  Tile<T>(task, kernels, head, tile).attend();
}

template <class T>
std::size_t keys_a_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  constexpr std::size_t block_bytes = 64 * 1024, most = 512, few = 128;
  const std::size_t key_bytes =
      std::max<std::size_t>({task.operands.query.cols, task.operands.value.cols, 1}) * sizeof(T);
  std::size_t keys = std::min(most, block_bytes / key_bytes);
  if (keys < few) keys = std::min(few, 4 * block_bytes / key_bytes);
  return std::max(keys / kernels.panel, std::size_t{1}) * kernels.panel;
}

template <class T>
RowTotal<T> row_total(const AttentionTask<T>& task, OnlineRows<T>& state, std::size_t row, int value_exponent) {
  const ScoreRule<T> rule(task);
  const double running_max = static_cast<double>(*state.running_max(row)),
               shift = static_cast<double>(*state.shift(row));
  // Past the whole numbers the kernels take differences of scores, which may be scaled already.
  const bool is_scaled = rule.folds_scale && *state.factor(row) == T(1);
  const double unit = is_scaled ? 1 / kLog2E<double> : rule.folds_scale ? task.pipeline.scale : 1;
  const double peak = std::isinf(shift) && !std::isinf(running_max) ? running_max * unit : shift / kLog2E<double>;
  return {peak, state.sum(row), state.output(row), value_exponent};
}

template <class T>
bool finish_row(const AttentionTask<T>& task, const TileKernels<T>& kernels, const BlockRows& rows, const RowPlace& at,
                RowTotal<T> total) {
  bool is_finite = true;
  const bool has_sink = !task.pipeline.sinks.empty();
  const bool no_weight = total.sum == T(0) && !has_sink;
  const bool empty = no_weight && row_is_empty(task, rows, at);
  const bool undefined = no_weight && !empty;  // every attended score is −inf by itself
  if (has_sink) join_sink(total, static_cast<double>(task.pipeline.sinks[at.h]), task.operands.value.cols);
  if (task.wanted.output.data != nullptr) {
    T* out = task.wanted.output.at(at.b, at.h).row(at.query());
    if (no_weight) {
      fill_empty_output(task, undefined ? EmptyRow::nan : task.pipeline.empty_row, at, out);
    } else {
      is_finite = kernels.divide(total.output, total.sum, out, task.operands.value.cols);
      if (task.pipeline.kept.bits != nullptr)
        for (std::size_t c = 0; c < task.operands.value.cols; ++c) out[c] *= static_cast<T>(task.pipeline.kept.scale);
      if (total.value_exponent != 0)
        for (std::size_t c = 0; c < task.operands.value.cols; ++c) out[c] = std::ldexp(out[c], total.value_exponent);
    }
  }
  if (task.wanted.lse != nullptr)
    task.wanted.lse[(at.b * task.operands.query.heads + at.h) * task.operands.query.rows + at.query()] =
        log_sum_exp<T>(total.peak, static_cast<double>(total.sum), undefined);
  return is_finite;
}

#define ATTN_INSTANTIATE(T)                                                                                   \
  template class OnlineRows<T>;                                                                               \
  template class ScaledQueries<T>;                                                                            \
  template T factor_of_given(const AttentionTask<T>&);                                                        \
  template void attend_tile(const AttentionTask<T>&, const TileKernels<T>&, const PackedHead<T>&,             \
                            const OnlineTile<T>&);                                                            \
  template std::size_t keys_a_tile(const AttentionTask<T>&, const TileKernels<T>&);                           \
  template RowTotal<T> row_total(const AttentionTask<T>&, OnlineRows<T>&, std::size_t, int);                  \
  template bool finish_row(const AttentionTask<T>&, const TileKernels<T>&, const BlockRows&, const RowPlace&, \
                           RowTotal<T>);
ATTN_INSTANTIATE(float)
ATTN_INSTANTIATE(double)
#undef ATTN_INSTANTIATE

}  // namespace attn
