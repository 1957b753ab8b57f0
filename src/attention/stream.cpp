// The streaming engine: attention without an L×S matrix, by tiles and the online softmax.
//
// Queries go in blocks of 192 rows, keys in blocks of 256, both counted from 0 whatever the mask: the sums
// of a row are then taken in the same order in every run. A block of scores (196 KB in float) stays in the
// second-level cache from Q·Kᵀ through softmax to the product with V (FlashAttention-2, arXiv:2307.08691).
#include <algorithm>

#include "attention/engines.hpp"
#include "attention/packed.hpp"
#include "attention/rows.hpp"
#include "attention/steps.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

constexpr std::size_t query_block = 192;
constexpr std::int64_t key_block = 256;  // a multiple of every panel
// A partly masked tile is done in strips of so many rows, each with its own least and greatest key.
constexpr std::size_t strip_rows = 24;

// What one worker needs for one block of queries.
template <class T>
struct Workspace {
  explicit Workspace(std::size_t columns)
      : output_stride(columns),
        scores(query_block * key_block),
        output(query_block * columns),
        state(3 * query_block) {}

  std::size_t output_stride;
  Scratch<T> scores;
  Scratch<T> output;  // not yet divided by the sums
  Scratch<T> state;
  BlockRows rows;

  T* peak() { return state.data(); }
  T* sum() { return state.data() + query_block; }
  T* factor() { return state.data() + 2 * query_block; }
};

template <class T>
class Streaming {
 public:
  Streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels)
      : task_(task), kernels_(kernels), heads_(task, kernels, task.threads) {}

  void run() {
    const std::size_t blocks = divide_up(task_.query.rows, query_block);
    const std::size_t heads = task_.query.batch * task_.query.heads;
    std::vector<Workspace<T>> workspaces;
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.threads, blocks * heads));
    for (std::size_t w = 0; w < workers; ++w) workspaces.emplace_back(round_up(task_.value.cols, kernels_.lanes));
    parallel_for(blocks * heads, workers, [&](std::size_t index, std::size_t worker) {
      // Under a causal mask the last blocks are the longest: they go first, and the short ones fill up the end.
      const std::size_t head = index % heads, block = blocks - 1 - index / heads;
      query_rows(workspaces[worker], head / task_.query.heads, head % task_.query.heads, block * query_block);
    });
  }

 private:
  void query_rows(Workspace<T>& work, std::size_t b, std::size_t h, std::size_t i0) {
    const std::size_t rows = std::min(query_block, task_.query.rows - i0);
    const PackedHead<T>& head = heads_.at(b, h / (task_.query.heads / task_.key.heads));
    const std::int64_t keys = static_cast<std::int64_t>(task_.key.rows);
    work.rows.gather(task_.mask, b, h, i0, i0 + rows, task_.key.rows);
    std::fill_n(work.peak(), rows, minus_infinity<T>);
    std::fill_n(work.sum(), rows, T(0));
    std::fill_n(work.output.data(), rows * work.output_stride, T(0));

    const KeyRange hull = work.rows.hull(0, rows, 0, keys);
    for (std::int64_t j0 = hull.begin / key_block * key_block; j0 < hull.end; j0 += key_block) {
      const std::int64_t j1 = std::min(j0 + key_block, keys);
      const Coverage coverage = work.rows.coverage(0, rows, j0, j1);
      if (coverage == Coverage::full) tile(work, head, {b, h, i0, 0, rows, j0, j1}, false);
      if (coverage != Coverage::partial) continue;
      for (std::size_t r0 = 0; r0 < rows; r0 += strip_rows) {
        const std::size_t r1 = std::min(r0 + strip_rows, rows);
        const KeyRange strip = work.rows.hull(r0, r1, j0, j1);
        const std::int64_t panel = static_cast<std::int64_t>(kernels_.panel);
        if (strip.begin < strip.end) tile(work, head, {b, h, i0, r0, r1, strip.begin / panel * panel, strip.end}, true);
      }
    }
    finish(work, b, h, i0, rows);
  }

  // scores = scale·Q·Kᵀ, softmax, output += weights·V for one tile.
  void tile(Workspace<T>& work, const PackedHead<T>& head, ScoreTile<T> tile, bool masked) {
    const MatrixView<const T> query = task_.query.at(tile.b, tile.h);
    const std::size_t rows = tile.r1 - tile.r0, keys = static_cast<std::size_t>(tile.end - tile.begin);
    tile.scores = work.scores.data();
    tile.stride = key_block;
    const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(query.cols);
    kernels_.multiply({.a = query.row(tile.first_row + tile.r0),
                       .a_stride = query.row_stride,
                       .b = head.keys + tile.begin * depth,
                       .b_stride = static_cast<std::ptrdiff_t>(kernels_.panel),
                       .b_panel_stride = static_cast<std::ptrdiff_t>(kernels_.panel) * depth,
                       .c = tile.scores,
                       .c_stride = tile.stride,
                       .m = rows,
                       .n = keys,
                       .k = query.cols,
                       .alpha = static_cast<T>(task_.scale)});
    apply_softcap(task_, tile);
    apply_bias(task_, tile);
    if (masked) apply_mask(work.rows, tile);
    kernels_.softmax_step({.scores = tile.scores,
                           .stride = tile.stride,
                           .rows = rows,
                           .n = keys,
                           .peak = work.peak() + tile.r0,
                           .sum = work.sum() + tile.r0,
                           .factor = work.factor()});
    T* output = work.output.data() + tile.r0 * work.output_stride;
    kernels_.multiply({.a = tile.scores,
                       .a_stride = tile.stride,
                       .b = head.values + tile.begin * head.value_stride,
                       .b_stride = head.value_stride,
                       .b_panel_stride = head.value_panel_stride,
                       .c = output,
                       .c_stride = static_cast<std::ptrdiff_t>(work.output_stride),
                       .m = rows,
                       .n = task_.value.cols,
                       .k = keys,
                       .row_factor = work.factor()});
    if (head.unbounded_keys.empty()) return;
    for (std::size_t r = tile.r0; r < tile.r1; ++r)
      add_unbounded_values(task_, head, work.rows, tile.b, tile.h, tile.first_row, r, tile.begin, tile.end,
                           tile.row(r), output + (r - tile.r0) * work.output_stride);
  }

  // Divides by the sums, and gives the rows without any weight what is theirs.
  void finish(Workspace<T>& work, std::size_t b, std::size_t h, std::size_t i0, std::size_t rows) {
    const MatrixView<const T> values = task_.value.at(b, h / (task_.query.heads / task_.key.heads));
    for (std::size_t r = 0; r < rows; ++r) {
      const bool no_weight = work.sum()[r] == T(0);
      const bool empty = no_weight && row_is_empty(task_, work.rows, b, h, i0, r);
      const bool undefined = no_weight && !empty && task_.sinks.empty();  // every score is −inf by itself
      if (!task_.sinks.empty()) add_sink(work, h, r);
      if (task_.output.data != nullptr) {
        T* out = task_.output.at(b, h).row(i0 + r);
        const T* sums = work.output.data() + r * work.output_stride;
        if (no_weight && task_.sinks.empty()) {
          fill_empty_output(undefined ? EmptyRow::nan : task_.empty_row, values, out);
        } else {
          for (std::size_t c = 0; c < values.cols; ++c) out[c] = sums[c] / work.sum()[r];
        }
      }
      if (task_.lse != nullptr)
        task_.lse[(b * task_.query.heads + h) * task_.query.rows + i0 + r] =
            log_sum_exp(work.peak()[r], work.sum()[r], undefined);
    }
  }

  void add_sink(Workspace<T>& work, std::size_t h, std::size_t r) {
    const double sink = static_cast<double>(task_.sinks[h]), peak = static_cast<double>(work.peak()[r]);
    if (std::isnan(peak) || std::isnan(work.sum()[r])) return;
    // The sink may be the greatest logit of the row: then everything is rescaled to it.
    const double greatest = std::max(sink, peak);
    if (greatest == -std::numeric_limits<double>::infinity()) return;
    const T factor = static_cast<T>(std::exp(peak - greatest));
    work.sum()[r] = work.sum()[r] * factor + static_cast<T>(std::exp(sink - greatest));
    work.peak()[r] = static_cast<T>(greatest);
    T* sums = work.output.data() + r * work.output_stride;
    for (std::size_t c = 0; c < task_.value.cols; ++c) sums[c] *= factor;
  }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  PackedHeads<T> heads_;
};

}  // namespace

template <class T>
void attend_streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  Streaming<T>(task, kernels).run();
}

template void attend_streaming(const AttentionTask<float>&, const TileKernels<float>&);
template void attend_streaming(const AttentionTask<double>&, const TileKernels<double>&);

}  // namespace attn
