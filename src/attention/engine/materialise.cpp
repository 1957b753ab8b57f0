// The materialising engine: whole rows of scores, exact softmax, every stage that is asked for stored once.
//
// A block of rows is chosen so that its scores stay in the second-level cache from Q·Kᵀ to the product with V.
#include <algorithm>
#include <array>
#include <cstring>

#include "attention/engine/engines.hpp"
#include "attention/engine/packed.hpp"
#include "attention/engine/rows.hpp"
#include "attention/engine/score_pipeline.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "core/per_worker.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

constexpr std::size_t most_block_rows = 96;
constexpr std::size_t streamed_bytes = std::size_t{8}
                                       << 20;  // more weights than these would drive all else from the caches

template <class T>
struct BlockWorkspace {
  BlockWorkspace(std::size_t block_rows, std::size_t key_columns, std::size_t output_columns)
      : scores(block_rows * key_columns), output(block_rows * output_columns), state(3 * block_rows) {}
  Scratch<T> scores;
  Scratch<T> output;
  Scratch<T> state;
  BlockRows rows;
};

template <class T>
class Materialising {
 public:
  Materialising(const AttentionTask<T>& task, const TileKernels<T>& kernels)
      : task_(task),
        kernels_(kernels),
        rule_(task.pipeline, task.wanted.scores.data != nullptr || task.wanted.capped.data != nullptr ||
                                 task.wanted.masked.data != nullptr || !task.pipeline.sinks.empty()),
        heads_(task, kernels, true),
        stride_(round_up(std::max<std::size_t>(task.operands.key.rows, 1), kernels.panel)),
        output_stride_(round_up(task.operands.value.cols, kernels.lanes)) {
    const std::size_t fitting =
        second_level_cache() / 2 / (stride_ * sizeof(T)) / kernels.tile_rows * kernels.tile_rows;
    block_rows_ = std::clamp(fitting, kernels.tile_rows, most_block_rows);
    copy_streams_ = task.operands.query.batch * task.operands.query.heads * task.operands.query.rows *
                        task.operands.key.rows * sizeof(T) >
                    streamed_bytes;
  }

  void run() {
    const std::size_t blocks = divide_up(task_.operands.query.rows, block_rows_);
    const std::size_t tasks = blocks * task_.operands.query.batch * task_.operands.query.heads;
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, tasks));
    PerWorker<BlockWorkspace<T>> workspaces(workers,
                                            [this] { return BlockWorkspace<T>(block_rows_, stride_, output_stride_); });
    const auto attend = [&](std::size_t index, std::size_t worker) {
      const std::size_t head = index / blocks, i0 = index % blocks * block_rows_;
      query_rows(workspaces[worker], head / task_.operands.query.heads, head % task_.operands.query.heads, i0);
    };
    parallel_phases(workers, std::array{heads_.packing(), Phase{tasks, attend}}, workspaces.leave());
  }

 private:
  void query_rows(BlockWorkspace<T>& work, std::size_t b, std::size_t h, std::size_t i0) {
    const std::size_t rows = std::min(block_rows_, task_.operands.query.rows - i0);
    const PackedHead<T>& head = heads_.at(b, task_.operands.kv_head(h));
    const std::int64_t keys = static_cast<std::int64_t>(task_.operands.key.rows);
    work.rows.gather(task_, b, h, i0, i0 + rows);
    // Unless the scores before the mask are wanted, only the keys that some row may attend are looked at.
    KeyRange hull{0, keys};
    if (task_.wanted.scores.data == nullptr && task_.wanted.capped.data == nullptr)
      hull = work.rows.hull(0, rows, 0, keys);
    const std::int64_t panel = static_cast<std::int64_t>(kernels_.panel);
    hull.begin = hull.begin / panel * panel;

    ScoreTile<T> tile{b, h, i0, 0, rows, hull.begin, hull.end, work.scores.data() + hull.begin, stride()};
    if (hull.begin < hull.end) multiply_keys(head, tile);
    apply_scales(task_, tile);
    store(task_.wanted.scores, tile, T(0));
    apply_softcap(task_, kernels_, tile);
    store(task_.wanted.capped, tile, T(0));
    apply_bias(task_, tile);
    apply_mask(work.rows, tile);
    store(task_.wanted.masked, tile, minus_infinity<T>);

    T* peak = work.state.data();
    T* sum = peak + block_rows_;
    T* sink = sum + block_rows_;
    if (!task_.pipeline.sinks.empty()) std::fill_n(sink, rows, task_.pipeline.sinks[h]);
    const MatrixView<T> copy = task_.wanted.weights.data == nullptr ? MatrixView<T>{} : task_.wanted.weights.at(b, h);
    kernels_.softmax_rows({.scores = tile.scores,
                           .stride = stride(),
                           .rows = rows,
                           .n = static_cast<std::size_t>(tile.end - tile.begin),
                           .factor = rule_.factor,
                           .sink = task_.pipeline.sinks.empty() ? nullptr : sink,
                           .copy = copy.data == nullptr ? nullptr : copy.row(i0) + tile.begin,
                           .copy_stride = copy.row_stride,
                           .copy_streams = copy_streams_,
                           .peak = peak,
                           .sum = sum});
    ScoreTile<T> whole = tile;
    whole.begin = 0;
    whole.end = keys;
    whole.scores = work.scores.data();
    for (std::size_t r = 0; r < rows; ++r) {
      const bool changed = settle_row(work, tile, whole, r, peak[r], sum[r]);
      const ScoreTile<T>& there = changed ? whole : tile;
      if (task_.wanted.weight_rows != nullptr) show_row(there, r);
      if (copy.data != nullptr) store_row(task_.wanted.weights, there, r, changed);
      if (task_.pipeline.kept.bits != nullptr)
        drop_weights(task_.pipeline.kept, task_.pipeline.kept.row(b, h, i0 + r) + static_cast<std::size_t>(there.begin),
                     there.row(r), static_cast<std::size_t>(there.end - there.begin));
      if (task_.wanted.dropped.data != nullptr) store_row(task_.wanted.dropped, there, r, true);
    }
    if (task_.wanted.output.data != nullptr) multiply_values(work, head, tile, sum);
  }

  void multiply_keys(const PackedHead<T>& head, const ScoreTile<T>& tile) {
    const MatrixView<const T> query = task_.operands.query.at(tile.b, tile.h);
    const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(query.cols);
    kernels_.multiply({.a = query.row(tile.first_row),
                       .a_stride = query.row_stride,
                       .b = head.keys + tile.begin * depth,
                       .b_stride = static_cast<std::ptrdiff_t>(kernels_.panel),
                       .b_panel_stride = static_cast<std::ptrdiff_t>(kernels_.panel) * depth,
                       .c = tile.scores,
                       .c_stride = stride(),
                       .m = tile.r1 - tile.r0,
                       .n = static_cast<std::size_t>(tile.end - tile.begin),
                       .k = query.cols,
                       .alpha = rule_.alpha,
                       .chain = kScoreChain,
                       .in_two = is_in_two(query.cols)});
  }

  // Stores lse, and corrects the weights of a row that softmax alone gets wrong. Returns true for such a row; then all
  // of `whole` is written. `sum` becomes NaN or 0 if the output is not the product with V.
  bool settle_row(BlockWorkspace<T>& work, const ScoreTile<T>& tile, const ScoreTile<T>& whole, std::size_t r, T peak,
                  T& sum) {
    const std::size_t i = whole.first_row + r;
    T* weights = whole.row(r);
    const bool empty = sum == T(0) && row_is_empty(task_, work.rows, whole.place(r));
    const bool undefined = sum == T(0) && !empty;
    if (task_.wanted.lse != nullptr)
      task_.wanted.lse[(whole.b * task_.operands.query.heads + whole.h) * task_.operands.query.rows + i] =
          log_sum_exp<T>(static_cast<double>(peak) * rule_.unit, static_cast<double>(sum), undefined);
    if (!undefined && !std::isnan(sum) && !(empty && task_.pipeline.empty_row != EmptyRow::zero)) {
      if (empty) sum = T(0);
      return false;
    }
    std::fill(weights, weights + tile.begin, T(0));
    std::fill(weights + tile.end, weights + whole.end, T(0));
    const T nan = std::numeric_limits<T>::quiet_NaN();
    if (empty && task_.pipeline.empty_row != EmptyRow::zero) {
      const T fill = task_.pipeline.empty_row == EmptyRow::nan ? nan : T(1) / static_cast<T>(task_.operands.key.rows);
      std::fill_n(weights, task_.operands.key.rows, fill);
    } else if (undefined || std::isnan(sum)) {
      // Attended weights are NaN. A masked weight does not depend on them and stays 0.
      if (undefined) std::fill_n(weights, task_.operands.key.rows, nan);
      work.rows.for_hidden(r, 0, whole.end,
                           [&](std::int64_t j0, std::int64_t j1) { std::fill(weights + j0, weights + j1, T(0)); });
      if (task_.pipeline.bias.data != nullptr) {
        const T* bias = task_.pipeline.bias.row(whole.b, whole.h, i);
        for (std::int64_t j = 0; j < whole.end; ++j)
          if (bias[j * task_.pipeline.bias.strides[3]] == minus_infinity<T>) weights[j] = T(0);
      }
    }
    if (empty || undefined) sum = undefined ? nan : T(0);
    return true;
  }

  void show_row(const ScoreTile<T>& tile, std::size_t r) const {
    task_.wanted.weight_rows->take_row(tile.b, tile.h, tile.first_row + r, static_cast<std::size_t>(tile.begin),
                                       {tile.row(r), static_cast<std::size_t>(tile.end - tile.begin)});
  }

  void multiply_values(BlockWorkspace<T>& work, const PackedHead<T>& head, const ScoreTile<T>& tile, const T* sum) {
    const std::size_t columns = task_.operands.value.cols;
    const std::size_t rows = tile.r1 - tile.r0;
    kernels_.convert_weights(tile.scores, stride(), rows, static_cast<std::size_t>(tile.end - tile.begin));
    Product<T> by_values{.a = tile.scores,
                         .a_stride = stride(),
                         .b = head.values + tile.begin * head.value_stride,
                         .b_stride = head.value_stride,
                         .b_panel_stride = head.value_panel_stride,
                         .c = work.output.data(),
                         .c_stride = static_cast<std::ptrdiff_t>(output_stride_),
                         .m = rows,
                         .n = columns,
                         .k = static_cast<std::size_t>(tile.end - tile.begin),
                         .chain = value_chain(columns),
                         .chain_begin = static_cast<std::size_t>(tile.begin) % value_chain(columns)};
    head.use_tail(by_values, tile.begin);
    kernels_.multiply_values(by_values);
    for (std::size_t r = 0; r < rows && !head.non_finite_keys.empty(); ++r)
      add_non_finite_values(task_, head, work.rows, tile.place(r), {tile.begin, tile.end}, tile.row(r),
                            work.output.data() + r * output_stride_);
    head.sum_tails(kernels_, work.output.data(), static_cast<std::ptrdiff_t>(output_stride_), rows, columns);
    for (std::size_t r = 0; r < rows; ++r) {
      T* product = work.output.data() + r * output_stride_;
      T* out = task_.wanted.output.at(tile.b, tile.h).row(tile.first_row + r);
      if (sum[r] == T(0)) {
        fill_empty_output(task_, task_.pipeline.empty_row, tile.place(r), out);
      } else if (std::isnan(sum[r])) {
        std::fill_n(out, columns, sum[r]);
      } else {
        std::copy_n(product, columns, out);
        if (head.value_exponent != 0)
          for (std::size_t c = 0; c < columns; ++c) out[c] = std::ldexp(out[c], head.value_exponent);
      }
    }
  }

  // Stores a row of weights, with 0 at the keys that the tile does not have. Without `with_weights` the others are
  // stored already.
  void store_row(const HeadsView<T>& to, const ScoreTile<T>& there, std::size_t r, bool with_weights) const {
    T* row = to.at(there.b, there.h).row(there.first_row + r);
    std::fill(row, row + there.begin, T(0));
    if (with_weights) std::copy_n(there.row(r), there.end - there.begin, row + there.begin);
    std::fill(row + there.end, row + task_.operands.key.rows, T(0));
  }

  // Stores a tile of a stage, if that is wanted; `outside` is what the stage has at the keys that the tile does not
  // have.
  void store(const HeadsView<T>& to, const ScoreTile<T>& tile, T outside) {
    if (to.data == nullptr) return;
    const MatrixView<T> matrix = to.at(tile.b, tile.h);
    for (std::size_t r = tile.r0; r < tile.r1; ++r) {
      T* row = matrix.row(tile.first_row + r);
      std::fill(row, row + tile.begin, outside);
      std::copy_n(tile.row(r), tile.end - tile.begin, row + tile.begin);
      std::fill(row + tile.end, row + task_.operands.key.rows, outside);
    }
  }

  std::ptrdiff_t stride() const { return static_cast<std::ptrdiff_t>(stride_); }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  ScoreRule<T> rule_;
  PackedHeads<T> heads_;
  std::size_t stride_;
  std::size_t output_stride_;
  std::size_t block_rows_ = 0;
  bool copy_streams_;
};

}  // namespace

template <class T>
void attend_materialising(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  Materialising<T>(task, kernels).run();
}

template void attend_materialising(const AttentionTask<float>&, const TileKernels<float>&);
template void attend_materialising(const AttentionTask<double>&, const TileKernels<double>&);

}  // namespace attn
