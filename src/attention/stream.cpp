// The streaming engine: attention without an L×S matrix, by tiles and the online softmax.
//
// Queries go in blocks of 192 rows, keys in blocks that depend on the width of a head alone (256 for 64 columns), both
// counted from 0 whatever the mask: the sums of a row are then taken in the same order in every run. A block of
// weights (196 KB in float) stays in the second-level cache from the softmax to the product with V
// (FlashAttention-2, arXiv:2307.08691).
#include <algorithm>
#include <array>

#include "attention/engines.hpp"
#include "attention/online.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

constexpr std::size_t query_block = 192;
// A partly masked tile is done in strips of so many rows, each with its own least and greatest key.
constexpr std::size_t strip_rows = 24;

// What one worker needs for one block of queries.
template <class T>
struct Workspace {
  Workspace(std::size_t columns, std::size_t keys, const TileKernels<T>& kernels)
      : state(query_block, columns, kernels), scratch(query_block, keys, kernels) {}
  OnlineRows<T> state;
  TileScratch<T> scratch;
  BlockRows rows;
};

template <class T>
class Streaming {
 public:
  Streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels)
      : task_(task),
        kernels_(kernels),
        heads_(task, kernels),
        key_block_(static_cast<std::int64_t>(keys_a_tile(task, kernels))) {}

  void run() {
    const std::size_t blocks = divide_up(task_.query.rows, query_block);
    const std::size_t heads = task_.query.batch * task_.query.heads;
    std::vector<Workspace<T>> workspaces;
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.threads, blocks * heads));
    for (std::size_t w = 0; w < workers; ++w)
      workspaces.emplace_back(task_.value.cols, static_cast<std::size_t>(key_block_), kernels_);
    const auto attend = [&](std::size_t index, std::size_t worker) {
      // Under a causal mask the last blocks are the longest: they go first, and the short ones fill up the end.
      const std::size_t head = index % heads, block = blocks - 1 - index / heads;
      query_rows(workspaces[worker], head / task_.query.heads, head % task_.query.heads, block * query_block);
    };
    parallel_phases(workers, std::array{heads_.packing(), Phase{blocks * heads, attend}});
  }

 private:
  void query_rows(Workspace<T>& work, std::size_t b, std::size_t h, std::size_t i0) {
    const std::size_t rows = std::min(query_block, task_.query.rows - i0);
    const PackedHead<T>& head = heads_.at(b, h / (task_.query.heads / task_.key.heads));
    const std::int64_t keys = static_cast<std::int64_t>(task_.key.rows);
    const std::int64_t panel = static_cast<std::int64_t>(kernels_.panel);
    work.rows.gather(task_.mask, b, h, i0, i0 + rows, task_.key.rows);
    work.state.clear(0, rows);

    const KeyRange hull = work.rows.hull(0, rows, 0, keys);
    for (std::int64_t j0 = hull.begin / key_block_ * key_block_; j0 < hull.end; j0 += key_block_) {
      const std::int64_t j1 = std::min(j0 + key_block_, keys);
      const Coverage coverage = work.rows.coverage(0, rows, j0, j1);
      if (coverage == Coverage::full) tile(work, head, {b, h, i0, 0, rows, j0, j1}, false);
      if (coverage != Coverage::partial) continue;
      for (std::size_t r0 = 0; r0 < rows; r0 += strip_rows) {
        const std::size_t r1 = std::min(r0 + strip_rows, rows);
        const KeyRange strip = work.rows.hull(r0, r1, j0, j1);
        if (strip.begin < strip.end) tile(work, head, {b, h, i0, r0, r1, strip.begin / panel * panel, strip.end}, true);
      }
    }
    for (std::size_t r = 0; r < rows; ++r)
      finish_row(task_, kernels_, work.rows, b, h, i0, r, row_total(task_, work.state, r, head.value_exponent));
  }

  void tile(Workspace<T>& work, const PackedHead<T>& head, ScoreTile<T> scores, bool masked) {
    const MatrixView<const T> query = task_.query.at(scores.b, scores.h);
    scores.scores = work.scratch.weights.data();
    scores.stride = work.scratch.stride;
    const TilePart<T> part{scores, &work.rows, masked};
    attend_tile(task_, kernels_, head,
                {.query = query.row(scores.first_row + scores.r0),
                 .query_stride = query.row_stride,
                 .rows = scores.r1 - scores.r0,
                 .begin = scores.begin,
                 .end = scores.end,
                 .state = &work.state,
                 .first = scores.r0,
                 .scratch = &work.scratch,
                 .parts = {&part, 1}});
  }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  PackedHeads<T> heads_;
  std::int64_t key_block_;
};

}  // namespace

template <class T>
void attend_streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  Streaming<T>(task, kernels).run();
}

template void attend_streaming(const AttentionTask<float>&, const TileKernels<float>&);
template void attend_streaming(const AttentionTask<double>&, const TileKernels<double>&);

}  // namespace attn
