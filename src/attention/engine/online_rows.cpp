// The state of the online softmax: rows so far, queries that are scaled ahead, and the end of a row.
#include <algorithm>
#include <cmath>

#include "attention/engine/engines.hpp"
#include "attention/engine/online.hpp"
#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

// Scaling queries ahead rounds them once more, and with 0 as the running maximum no weight is exactly 1. Short rows,
// which are nearly exact otherwise, would lose by it, and gain nothing.
constexpr std::size_t least_keys = 64;

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
  clear_weights(first, count);
  clear_outputs(first, count);
}

template <class T>
void OnlineRows<T>::clear_weights(std::size_t first, std::size_t count, bool at_zero) {
  const T greatest = at_zero ? T(0) : minus_infinity<T>;
  std::fill_n(running_max(first), count, greatest);
  std::fill_n(shift(first), count, greatest);
  std::fill_n(sums(first), count * lanes_, T(0));
}

template <class T>
void OnlineRows<T>::clear_outputs(std::size_t first, std::size_t count) {
  std::fill_n(output(first), count * output_stride_, T(0));
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
  T lanes[kMostLanes] = {};
  std::copy_n(sums(row), lanes_, lanes);
  for (std::size_t half = lanes_ / 2; half != 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

template <class T>
T factor_of_given(const AttentionTask<T>& task) {
  return ScoreRule<T>(task.pipeline).factor;
}

template <class T>
ScaledQueries<T>::ScaledQueries(std::size_t rows, const AttentionTask<T>& task, const TileKernels<T>& kernels)
    : task_(task),
      kernels_(kernels),
      scales_(kernels.scale_queries != nullptr && ScoreRule<T>(task.pipeline).folds_scale &&
              task.operands.key.rows >= least_keys),
      scaled_(scales_ ? rows * task.operands.query.cols : 0) {}

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
  longest_ = kernels_.scale_queries({.from = query.row(first),
                                     .from_stride = query.row_stride,
                                     .rows = rows,
                                     .n = query.cols,
                                     .factor = factor,
                                     .to = scaled_.data(),
                                     .to_stride = stride_,
                                     .factors = state.factor(0)});
}

template <class T>
RowTotal<T> row_total(const AttentionTask<T>& task, OnlineRows<T>& state, std::size_t row, int value_exponent) {
  const ScoreRule<T> rule(task.pipeline);
  const double running_max = static_cast<double>(*state.running_max(row)),
               shift = static_cast<double>(*state.shift(row));
  // Past the whole numbers the kernels take differences of scores, which may be scaled already.
  const bool is_scaled = rule.folds_scale && *state.factor(row) == T(1);
  const double unit = is_scaled ? 1 / kLog2E<double> : rule.unit;
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
  template RowTotal<T> row_total(const AttentionTask<T>&, OnlineRows<T>&, std::size_t, int);                  \
  template bool finish_row(const AttentionTask<T>&, const TileKernels<T>&, const BlockRows&, const RowPlace&, \
                           RowTotal<T>);
ATTN_INSTANTIATE(float)
ATTN_INSTANTIATE(double)
#undef ATTN_INSTANTIATE

}  // namespace attn
