// The streaming engine: attention without an L×S matrix, by tiles and the online softmax.
//
// Queries go in blocks that fit the cache, keys in blocks that depend on the width of a head alone (256 for 64
// columns), counted from 0 whatever the mask: the sums of a row are then taken in the same order in every run. A block
// of weights stays in the second-level cache from the softmax to the product with V (FlashAttention-2,
// arXiv:2307.08691).
#include <algorithm>
#include <array>
#include <vector>

#include "attention/engine/engines.hpp"
#include "attention/engine/online.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "core/per_worker.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

constexpr std::size_t least_rows = 48;
constexpr std::size_t tasks_a_thread = 6, groups_a_thread = 6;  // so many, so that threads end at about the same time
// Of fewer groups a thread, the last one is done in parts.
constexpr std::size_t split_groups_a_thread = 32, most_parts = 4;
// A partly masked tile is done in groups of so many rows, and those in strips, each with its own least and greatest
// key.
constexpr std::size_t group_rows = 48, strip_rows = 12;

// The more rows share a pass over keys and values, the less those count that come from beyond the second-level cache;
// but a block of weights takes no more than a fifth of it. All blocks of a head are as even as whole register tiles
// allow. No result depends on it.
template <class T>
std::size_t rows_a_block(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  const std::size_t heads = task.operands.query.batch * task.operands.query.heads, queries = task.operands.query.rows;
  const std::size_t fitting = second_level_cache() / 5 / (keys_a_tile(task, kernels) * sizeof(T));
  std::size_t most = std::max(fitting, least_rows);
  while (most > least_rows && heads * divide_up(queries, most) < tasks_a_thread * task.execution.threads)
    most = most * 3 / 4;
  return round_up(divide_up(queries, divide_up(queries, most)), kernels.tile_rows);
}

// What one worker needs for one block of queries.
template <class T>
struct StreamWorkspace {
  StreamWorkspace(std::size_t rows_a_block, std::size_t keys, const AttentionTask<T>& task,
                  const TileKernels<T>& kernels)
      : queries(rows_a_block, task, kernels),
        state(rows_a_block, task.operands.value.cols, kernels),
        scratch(rows_a_block, keys, kernels) {}
  ScaledQueries<T> queries;
  OnlineRows<T> state;
  TileScratch<T> scratch;
  Scratch<T> keys{0};  // of one head
  BlockRows rows;
  RowsAhead during_scores, during_values;
  bool bounded = false;             // no score of the block can be far from 0
  std::vector<unsigned char> done;  // rows whose output is there and finite
};

template <class T>
class Streaming {
 public:
  Streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels)
      : task_(task),
        kernels_(kernels),
        group_(task.operands.group()),
        key_block_(static_cast<std::int64_t>(keys_a_tile(task, kernels))),
        mask_step_(static_cast<std::int64_t>(std::max(kernels.panel, value_chain(task.operands.value.cols)))),
        block_rows_(rows_a_block(task, kernels)) {}

  void run() {
    const std::size_t groups = task_.operands.key.batch * task_.operands.key.heads;
    const std::size_t blocks = divide_up(task_.operands.query.rows, block_rows_);
    const std::size_t tasks = blocks * task_.operands.query.batch * task_.operands.query.heads;
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, tasks));
    PerWorker<StreamWorkspace<T>> workspaces(workers, [this] {
      return StreamWorkspace<T>(block_rows_, static_cast<std::size_t>(key_block_), task_, kernels_);
    });
    // Under a causal mask a head's last blocks are the longest: they go first, and the short ones fill up the end.
    if (groups >= groups_a_thread * workers) {
      const std::vector<GroupPart> parts = parts_of_groups(groups, workers, blocks);
      parallel_for(
          parts.size(), workers,
          [&](std::size_t part, std::size_t worker) { attend_group(workspaces[worker], parts[part], blocks); },
          workspaces.leave());
      return;
    }
    PackedHeads<T> heads(task_, kernels_, false);
    const auto attend = [&](std::size_t index, std::size_t worker) {
      const std::size_t head = index / blocks, b = head / task_.operands.query.heads,
                        h = head % task_.operands.query.heads;
      query_rows(workspaces[worker], {heads, b, h / group_}, b, h, (blocks - 1 - index % blocks) * block_rows_);
    };
    parallel_phases(workers, std::array{heads.packing(), Phase{tasks, attend}}, workspaces.leave());
  }

 private:
  // Where a query head's keys and values are.
  struct Source {
    PackedHeads<T>& heads;
    std::size_t b, kv_head;
  };

  // Some blocks of all query heads of a key/value head.
  struct GroupPart {
    std::size_t group, first, end;
  };

  // Whole groups, but that the last one of each worker's share comes in parts: the worker that ends first takes some of
  // another's, which is worth that their keys are packed a few times. It helps where cores are not equally fast: on an
  // AMD EPYC (Zen 4) that others use too, two threads take 0.93 to 1.00 of the time for 12 heads of 1024 queries and
  // keys in medians, the same in the least times. With ten parts instead of four, packing takes what waiting saves.
  static std::vector<GroupPart> parts_of_groups(std::size_t groups, std::size_t workers, std::size_t blocks) {
    std::vector<GroupPart> parts;
    const std::size_t most =
        workers == 1 || groups > split_groups_a_thread * workers ? 1 : std::min(blocks, most_parts);
    for (std::size_t w = 0; w < workers; ++w)
      for (std::size_t group = w * groups / workers, end = (w + 1) * groups / workers; group < end; ++group) {
        const std::size_t count = group + 1 == end ? most : 1;
        for (std::size_t part = count; part-- != 0;)
          parts.push_back({group, part * blocks / count, (part + 1) * blocks / count});
      }
    return parts;
  }

  // Where there are many key/value heads, one is packed by the worker that then attends it: its keys and values come
  // from beyond the second-level cache once.
  void attend_group(StreamWorkspace<T>& work, const GroupPart& part, std::size_t blocks) {
    const std::size_t group = part.group, b = group / task_.operands.key.heads,
                      kv_head = group % task_.operands.key.heads;
    AttentionTask<T> one = task_;
    one.operands.key = one_head(task_.operands.key, one.operands.narrow_key, b, kv_head);
    one.operands.value = one_head(task_.operands.value, one.operands.narrow_value, b, kv_head);
    PackedHeads<T> heads(one, kernels_, false, &work.keys);
    const Phase packing = heads.packing();
    for (std::size_t i = 0; i < packing.count; ++i) packing.task(i, 0);
    for (std::size_t h = kv_head * group_; h < (kv_head + 1) * group_; ++h)
      for (std::size_t block = part.end; block-- != part.first;) {
        look_ahead(work, part, h, block, blocks);
        query_rows(work, {heads, 0, 0}, b, h, block * block_rows_);
      }
  }

  // What a worker of `attend_group` reads or writes next: the values and the output while a block has its first scores,
  // then the queries of the next block, and with the last block of a head the keys of the next one. Wide heads would
  // push out of the cache what is in use.
  void look_ahead(StreamWorkspace<T>& work, const GroupPart& part, std::size_t h, std::size_t block,
                  std::size_t blocks) {
    const HeadsView<const T>&query = task_.operands.query, &key = task_.operands.key, &value = task_.operands.value;
    const auto add = [](RowsAhead& ahead, const auto& heads, std::size_t b, std::size_t head, std::size_t first,
                        std::size_t count) {
      if (heads.data == nullptr || first >= heads.rows) return;
      const auto rows = heads.at(b, head);
      ahead.add(rows.row(first), rows.row_stride * static_cast<std::ptrdiff_t>(sizeof(T)),
                std::min(count, heads.rows - first), heads.cols * sizeof(T));
    };
    work.during_scores.clear();
    work.during_values.clear();
    const std::size_t group = part.group, b = group / key.heads, first_of_group = group % key.heads * group_;
    const bool fits = key.rows * std::max(key.cols, value.cols) * sizeof(T) <= second_level_cache() / 8;
    if (fits && h == first_of_group && block + 1 == part.end)
      add(work.during_scores, value, b, group % key.heads, 0, value.rows);
    add(work.during_scores, task_.wanted.output, b, h, block * block_rows_, block_rows_);
    if (block != part.first) return add(work.during_values, query, b, h, (block - 1) * block_rows_, block_rows_);
    if (h + 1 != first_of_group + group_)
      return add(work.during_values, query, b, h + 1, (part.end - 1) * block_rows_, block_rows_);
    if (part.first != 0 || group + 1 == key.batch * key.heads) return;  // another part of it, or none
    const std::size_t next_b = (group + 1) / key.heads, next_head = (group + 1) % key.heads;
    add(work.during_values, query, next_b, next_head * group_, (blocks - 1) * block_rows_, block_rows_);
    if (fits) add(work.during_values, key, next_b, next_head, 0, key.rows);
  }

  static HeadsView<const T> one_head(HeadsView<const T> view, NarrowElements& narrow, std::size_t b, std::size_t head) {
    if (view.data != nullptr) view.data = view.at(b, head).data;
    if (narrow.data != nullptr) narrow = narrow_rows(view, narrow, b, head).elements;
    view.batch = view.heads = 1;
    return view;
  }

  void query_rows(StreamWorkspace<T>& work, const Source& source, std::size_t b, std::size_t h, std::size_t i0) {
    const std::size_t rows = std::min(block_rows_, task_.operands.query.rows - i0);
    work.rows.gather(task_, b, h, i0, i0 + rows);
    work.queries.set(task_.operands.query.at(b, h), i0, rows, work.state);
    work.bounded = work.queries.bounded(source.heads.key_length(source.b, source.kv_head));
    // Values are looked at only when outputs are not finite, which NaN and infinity among them would make, and scaled
    // only when they still are not. Rows that are finite stay as they are, whatever those beside them are.
    const PackedHead<T>* head = &source.heads.at(source.b, source.kv_head);
    work.done.assign(rows, 0);
    if (attend_rows(work, *head, b, h, i0, rows, divides_at_once(*head))) return;
    if (!head->values_seen) {
      head = &source.heads.with_values_seen(source.b, source.kv_head, false);
      if (attend_rows(work, *head, b, h, i0, rows)) return;
    }
    if (head->values_huge)
      attend_rows(work, source.heads.with_values_seen(source.b, source.kv_head, true), b, h, i0, rows);
  }

  // True if the output of a row that has weights is its sum of values divided by that of weights, and nothing else.
  bool divides_at_once(const PackedHead<T>& head) const {
    return task_.wanted.output.data != nullptr && task_.wanted.lse == nullptr && task_.pipeline.sinks.empty() &&
           task_.pipeline.kept.bits == nullptr && head.value_exponent == 0;
  }

  // False if an output is not finite. Rows that are not divided all at once are finished one by one, if not done
  // before.
  bool attend_rows(StreamWorkspace<T>& work, const PackedHead<T>& head, std::size_t b, std::size_t h, std::size_t i0,
                   std::size_t rows, bool all_at_once = false) {
    const std::int64_t keys = static_cast<std::int64_t>(task_.operands.key.rows);
    work.state.clear_weights(0, rows, work.bounded);
    bool has_output = false;
    const KeyRange hull = work.rows.hull(0, rows, 0, keys);
    for (std::int64_t j0 = hull.begin / key_block_ * key_block_; j0 < hull.end; j0 += key_block_) {
      const std::int64_t j1 = std::min(j0 + key_block_, keys);
      const Coverage coverage = work.rows.coverage(0, rows, j0, j1);
      if (coverage == Coverage::empty) continue;
      if (coverage == Coverage::full) {
        tile(work, head, {b, h, i0, 0, rows, j0, j1}, false, !has_output);
      } else {
        if (!has_output) work.state.clear_outputs(0, rows);
        partial_tile(work, head, {b, h, i0, 0, rows, j0, j1});
      }
      has_output = true;
    }
    if (!has_output) work.state.clear_outputs(0, rows);
    head.sum_tails(kernels_, work.state.output(0), work.state.output_stride(), rows, task_.operands.value.cols);
    if (all_at_once) {
      const MatrixView<T> out = task_.wanted.output.at(b, h);
      kernels_.divide_rows({.sums = work.state.sums(0),
                            .from = work.state.output(0),
                            .from_stride = work.state.output_stride(),
                            .to = out.row(i0),
                            .to_stride = out.row_stride,
                            .rows = rows,
                            .n = task_.operands.value.cols,
                            .divided = work.done.data()});
    }
    for (std::size_t r = 0; r < rows; ++r)
      if (!work.done[r])
        work.done[r] =
            finish_row(task_, kernels_, work.rows, {b, h, i0, r}, row_total(task_, work.state, r, head.value_exponent));
    return std::find(work.done.begin(), work.done.end(), 0) == work.done.end();
  }

  // Of each group of rows, in the order of the keys: runs of chains that are masked as a whole are left out, those that
  // are not masked at all are done in one piece, and the others in strips. Where running maxima may move, a tile is one
  // run: what is rescaled can be too small for its bits, and then it would matter where the tile is cut.
  void partial_tile(StreamWorkspace<T>& work, const PackedHead<T>& head, const ScoreTile<T>& whole) {
    const auto end_of_chains = [&](std::int64_t key) {
      return work.bounded ? std::min((key / mask_step_ + 1) * mask_step_, whole.end) : whole.end;
    };
    for (std::size_t g0 = 0; g0 < whole.r1; g0 += group_rows) {
      ScoreTile<T> group = whole;
      group.r0 = g0;
      group.r1 = std::min(g0 + group_rows, whole.r1);
      const BlockRows::Common common = work.rows.common(group.r0, group.r1);
      const auto coverage_from = [&](std::int64_t key) {
        return work.rows.coverage(group.r0, group.r1, common, key, end_of_chains(key));
      };
      for (Coverage coverage = coverage_from(whole.begin), next{}; group.begin < whole.end; coverage = next) {
        group.end = end_of_chains(group.begin);
        while (group.end < whole.end && (next = coverage_from(group.end)) == coverage)
          group.end = end_of_chains(group.end);
        if (coverage == Coverage::full) tile(work, head, group, false);
        if (coverage == Coverage::partial) strips(work, head, group);
        group.begin = group.end;
      }
    }
  }

  void strips(StreamWorkspace<T>& work, const PackedHead<T>& head, const ScoreTile<T>& group) {
    const std::int64_t panel = static_cast<std::int64_t>(kernels_.panel);
    ScoreTile<T> part = group;
    for (std::size_t r0 = group.r0; r0 < group.r1; r0 += strip_rows) {
      part.r0 = r0;
      part.r1 = std::min(r0 + strip_rows, group.r1);
      const KeyRange strip = work.rows.hull(part.r0, part.r1, group.begin, group.end);
      part.begin = strip.begin / panel * panel;
      part.end = strip.end;
      if (strip.begin < strip.end) tile(work, head, part, true);
    }
  }

  void tile(StreamWorkspace<T>& work, const PackedHead<T>& head, ScoreTile<T> scores, bool masked,
            bool sets_output = false) {
    scores.scores = work.scratch.weights.data();
    scores.stride = work.scratch.stride;
    const TilePart<T> part{scores, &work.rows, masked};
    attend_tile(task_, kernels_, head,
                {.query = work.queries.row(scores.r0),
                 .query_stride = work.queries.stride(),
                 .rows = scores.r1 - scores.r0,
                 .begin = scores.begin,
                 .end = scores.end,
                 .state = &work.state,
                 .first = scores.r0,
                 .may_start_at_zero = work.queries.may_start_at_zero(),
                 .bounded = work.bounded,
                 .sets_output = sets_output,
                 .scratch = &work.scratch,
                 .during_scores = work.during_scores.is_done() ? nullptr : &work.during_scores,
                 .during_values = work.during_values.is_done() ? nullptr : &work.during_values,
                 .parts = {&part, 1}});
  }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  std::size_t group_;  // query heads a key/value head
  std::int64_t key_block_;
  std::int64_t mask_step_;  // keys whose masking is looked at together: whole panels and chains
  std::size_t block_rows_;
};

}  // namespace

template <class T>
void attend_streaming(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  Streaming<T>(task, kernels).run();
}

template void attend_streaming(const AttentionTask<float>&, const TileKernels<float>&);
template void attend_streaming(const AttentionTask<double>&, const TileKernels<double>&);

}  // namespace attn
