// One tile of the online softmax, and the end of a row.
#include "attention/online.hpp"

#include <algorithm>

#include "attention/engines.hpp"

namespace attn {

template <class T>
void attend_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head,
                 const OnlineTile<T>& tile) {
  const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(task.query.cols);
  const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(kernels.panel);
  const std::size_t keys = static_cast<std::size_t>(tile.end - tile.begin);
  kernels.multiply({.a = tile.query,
                    .a_stride = tile.query_stride,
                    .b = head.keys + (tile.begin - head.first_key) * depth,
                    .b_stride = panel,
                    .b_panel_stride = panel * depth,
                    .c = tile.scores,
                    .c_stride = tile.score_stride,
                    .m = tile.rows,
                    .n = keys,
                    .k = task.query.cols,
                    .alpha = static_cast<T>(task.scale)});
  for (const TilePart<T>& part : tile.parts) {
    apply_softcap(task, part.scores);
    apply_bias(task, part.scores);
    if (part.masked) apply_mask(*part.rows, part.scores);
  }
  kernels.softmax_step({.scores = tile.scores,
                        .stride = tile.score_stride,
                        .rows = tile.rows,
                        .n = keys,
                        .peak = tile.peak,
                        .sum = tile.sum,
                        .factor = tile.factor});
  kernels.multiply({.a = tile.scores,
                    .a_stride = tile.score_stride,
                    .b = head.values + (tile.begin - head.first_key) * head.value_stride,
                    .b_stride = head.value_stride,
                    .b_panel_stride = head.value_panel_stride,
                    .c = tile.output,
                    .c_stride = tile.output_stride,
                    .m = tile.rows,
                    .n = task.value.cols,
                    .k = keys,
                    .row_factor = tile.factor});
  if (head.unbounded_keys.empty()) return;
  T* output = tile.output;
  for (const TilePart<T>& part : tile.parts) {
    const ScoreTile<T>& at = part.scores;
    for (std::size_t r = at.r0; r < at.r1; ++r, output += tile.output_stride)
      add_unbounded_values(task, head, *part.rows, at.b, at.h, at.first_row, r, tile.begin, tile.end, at.row(r),
                           output);
  }
}

namespace {

// The sink may be the greatest logit of the row: then everything is rescaled to it.
template <class T>
void join_sink(RowState<T>& state, double sink, std::size_t columns) {
  const double peak = static_cast<double>(state.peak), greatest = std::max(sink, peak);
  if (std::isnan(peak) || std::isnan(state.sum) || greatest == -std::numeric_limits<double>::infinity()) return;
  const T factor = static_cast<T>(std::exp(peak - greatest));
  state.sum = state.sum * factor + static_cast<T>(std::exp(sink - greatest));
  state.peak = static_cast<T>(greatest);
  for (std::size_t c = 0; c < columns; ++c) state.output[c] *= factor;
}

}  // namespace

template <class T>
void finish_row(const AttentionTask<T>& task, const BlockRows& rows, std::size_t b, std::size_t h,
                std::size_t first_row, std::size_t r, RowState<T> state) {
  const bool has_sink = !task.sinks.empty();
  const bool no_weight = state.sum == T(0) && !has_sink;
  const bool empty = no_weight && row_is_empty(task, rows, b, h, first_row, r);
  const bool undefined = no_weight && !empty;  // every attended score is −inf by itself
  if (has_sink) join_sink(state, static_cast<double>(task.sinks[h]), task.value.cols);
  if (task.output.data != nullptr) {
    T* out = task.output.at(b, h).row(first_row + r);
    if (no_weight) {
      const MatrixView<const T> values = task.value.at(b, h / (task.query.heads / task.key.heads));
      fill_empty_output(undefined ? EmptyRow::nan : task.empty_row, values, out);
    } else {
      for (std::size_t c = 0; c < task.value.cols; ++c) out[c] = state.output[c] / state.sum;
    }
  }
  if (task.lse != nullptr)
    task.lse[(b * task.query.heads + h) * task.query.rows + first_row + r] =
        log_sum_exp(state.peak, state.sum, undefined);
}

#define ATTN_INSTANTIATE(T)                                                                                  \
  template void attend_tile(const AttentionTask<T>&, const TileKernels<T>&, const PackedHead<T>&,            \
                            const OnlineTile<T>&);                                                           \
  template void finish_row(const AttentionTask<T>&, const BlockRows&, std::size_t, std::size_t, std::size_t, \
                           std::size_t, RowState<T>);
ATTN_INSTANTIATE(float)
ATTN_INSTANTIATE(double)
#undef ATTN_INSTANTIATE

}  // namespace attn
