// The decoding engine: few queries, many keys. Memory is the limit, so keys and values are read once for all
// heads of a group.
//
// Keys are split into chunks of 1024, whatever the number of threads, and each chunk is attended by all rows of its
// group. The chunks' partial softmaxes are joined in their order at the end.
#include <algorithm>
#include <cmath>

#include "attention/engine/engines.hpp"
#include "attention/engine/online.hpp"
#include "core/parallel.hpp"
#include "core/per_worker.hpp"
#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

constexpr std::int64_t chunk_keys = 1024;
constexpr std::int64_t key_block = 256;
static_assert(chunk_keys % key_block == 0 && key_block % kWidestPanel == 0);
// More rows are worth the packing of keys.
constexpr std::size_t most_rows_in_place = 8;
// What chunks leave until their group is joined: groups are done so many at a time that it stays about as small, and
// that each worker has some chunks.
constexpr std::size_t state_bytes = std::size_t{4} << 20, chunks_a_worker = 8;

template <class T>
struct DecodeWorkspace {
  DecodeWorkspace(std::size_t most_rows, std::size_t depth, std::size_t value_depth, const TileKernels<T>& kernels)
      : keys(static_cast<std::size_t>(key_block) * depth),
        wide_keys(0),
        values(static_cast<std::size_t>(chunk_keys) * value_depth),
        wide_values(0),
        scratch(most_rows, static_cast<std::size_t>(key_block), kernels) {}
  Scratch<T> keys, wide_keys, values, wide_values;  // the wide ones are of elements of 16 bits
  TileScratch<T> scratch;
  std::vector<BlockRows> rows;  // one a head of the group
  std::vector<TilePart<T>> parts;
};

template <class T>
class Decoding {
 public:
  Decoding(const AttentionTask<T>& task, const TileKernels<T>& kernels)
      : task_(task),
        kernels_(kernels),
        group_(task.operands.group()),
        rows_(group_ * task.operands.query.rows),
        chunks_(std::max<std::size_t>(1, divide_up(task.operands.key.rows, static_cast<std::size_t>(chunk_keys)))),
        groups_at_once_(groups_at_once()),
        state_(groups_at_once_ * chunks_ * rows_, task.operands.value.cols, kernels),
        value_exponents_(groups_at_once_ * chunks_ * rows_),
        packs_keys_(packs_keys(task, kernels)) {
    std::fill_n(state_.factor(0), groups_at_once_ * chunks_ * rows_, factor_of_given(task));
  }

  void run() {
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, groups() * chunks_));
    PerWorker<DecodeWorkspace<T>> workspaces(workers, [this] {
      return DecodeWorkspace<T>(rows_, packs_keys_ ? task_.operands.key.cols : 0,
                                round_up(task_.operands.value.cols, kernels_.panel), kernels_);
    });
    for (; first_group_ < groups(); first_group_ += groups_at_once_) {
      const std::size_t count = std::min(groups_at_once_, groups() - first_group_);
      const auto attend = [&](std::size_t index, std::size_t worker) {
        attend_chunk(workspaces[worker], first_group_ + index / chunks_, index % chunks_);
      };
      parallel_for(count * chunks_, workers, attend, workspaces.leave());
      for (std::size_t group = first_group_; group < first_group_ + count; ++group) finish_group(group);
    }
  }

 private:
  static bool packs_keys(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
    const std::size_t depth = task.operands.key.cols;
    return kernels.multiply_by_rows == nullptr || depth == 0 || depth % kernels.lanes != 0 ||
           task.operands.whole_queries() * task.operands.group() > most_rows_in_place;
  }

  std::size_t groups() const { return task_.operands.key.batch * task_.operands.key.heads; }
  std::size_t groups_at_once() const {
    const std::size_t group_bytes = chunks_ * rows_ * std::max<std::size_t>(1, task_.operands.value.cols) * sizeof(T);
    const std::size_t busy = divide_up(chunks_a_worker * task_.execution.threads, chunks_);
    return std::min(groups(), std::max(busy, divide_up(state_bytes, group_bytes)));
  }
  // Where in `state_` the rows of a group begin, for one chunk.
  std::size_t state_row(std::size_t group, std::size_t chunk) const {
    return ((group - first_group_) * chunks_ + chunk) * rows_;
  }

  void attend_chunk(DecodeWorkspace<T>& work, std::size_t group, std::size_t chunk) {
    const std::size_t b = group / task_.operands.key.heads, kv_head = group % task_.operands.key.heads;
    state_.clear(state_row(group, chunk), rows_);
    std::fill_n(value_exponents_.begin() + static_cast<std::ptrdiff_t>(state_row(group, chunk)), rows_, 0);
    const std::int64_t first = static_cast<std::int64_t>(chunk) * chunk_keys;
    const std::int64_t last = std::min(first + chunk_keys, static_cast<std::int64_t>(task_.operands.key.rows));
    work.rows.resize(group_);
    bool any = false;
    for (std::size_t g = 0; g < group_; ++g) {
      work.rows[g].gather(task_, b, kv_head * group_ + g, 0, task_.operands.query.rows);
      any = any || work.rows[g].coverage(0, task_.operands.query.rows, first, last) != Coverage::empty;
    }
    if (!any) return;
    const auto find_values = [&] {
      return rows(task_.operands.value, task_.operands.narrow_value, b, kv_head, {first, last}, work.wide_values);
    };
    PackedHead<T> head;
    head.first_key = first;
    const auto attend = [&] {
      state_.clear(state_row(group, chunk), rows_);
      for (std::int64_t j0 = first; j0 < last; j0 += key_block)
        attend_block(work, head, b, kv_head, chunk, j0, std::min(j0 + key_block, last));
      head.sum_tails(kernels_, state_.output(state_row(group, chunk)), state_.output_stride(), rows_,
                     task_.operands.value.cols);
    };
    // Values are read once. Whether they are finite and moderate is only looked at when an output is not finite.
    const bool are_narrow = set_narrow_values_of_chunk(head, b, kv_head, {first, last});
    MatrixView<const T> values = are_narrow ? MatrixView<const T>{} : find_values();
    if (are_narrow || set_values_unseen(head, values, work.values, kernels_)) {
      attend();
      if (rows_are_finite(state_row(group, chunk), rows_)) return;
      if (are_narrow) values = find_values();
      attend_again(work, head, values, state_row(group, chunk), false, attend);
    } else {
      pack_values(head, values, work.values, kernels_, false);
      attend();
    }
    if (head.values_huge && !rows_are_finite(state_row(group, chunk), rows_))
      attend_again(work, head, values, state_row(group, chunk), true, attend);
  }

  bool set_narrow_values_of_chunk(PackedHead<T>& head, std::size_t b, std::size_t kv_head, KeyRange keys) const {
    if (task_.operands.narrow_value.data == nullptr) return false;
    const NarrowRows all = narrow_rows(task_.operands.value, task_.operands.narrow_value, b, kv_head);
    return set_narrow_values(head, all.part(static_cast<std::size_t>(keys.begin), size_of(keys)), kernels_);
  }

  static std::size_t size_of(KeyRange keys) { return static_cast<std::size_t>(keys.end - keys.begin); }

  // Some rows of keys or values as numbers of T: as they lie, or widened into `wide`.
  MatrixView<const T> rows(const HeadsView<const T>& view, const NarrowElements& narrow, std::size_t b,
                           std::size_t kv_head, KeyRange keys, Scratch<T>& wide) const {
    const std::size_t first = static_cast<std::size_t>(keys.begin);
    if (narrow.data == nullptr) {
      const MatrixView<const T> all = view.at(b, kv_head);
      return {all.row(first), size_of(keys), all.cols, all.row_stride};
    }
    if (wide.size() < size_of(keys) * view.cols) wide = Scratch<T>(size_of(keys) * view.cols);
    return widen_rows(narrow_rows(view, narrow, b, kv_head).part(first, size_of(keys)), kernels_, wide.data());
  }

  // Attends a chunk again with values that were looked at. Rows that are finite stay as they are, whatever those beside
  // them are.
  template <class Attend>
  void attend_again(DecodeWorkspace<T>& work, PackedHead<T>& head, MatrixView<const T> values, std::size_t first,
                    bool scales, const Attend& attend) {
    OnlineRows<T> earlier(rows_, task_.operands.value.cols, kernels_);
    std::vector<bool> stays(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
      stays[row] = rows_are_finite(first + row, 1);
      if (stays[row]) earlier.copy_row(row, state_, first + row);
    }
    pack_values(head, values, work.values, kernels_, scales);
    attend();
    for (std::size_t row = 0; row < rows_; ++row) {
      if (stays[row]) {
        state_.copy_row(first + row, earlier, row);
      } else {
        set_exponent(first + row, head.value_exponent);
      }
    }
  }

  bool rows_are_finite(std::size_t first, std::size_t count) {
    for (std::size_t row = first; row < first + count; ++row)
      if (!all_finite(state_.output(row), task_.operands.value.cols)) return false;
    return true;
  }

  // A row that saw no key of the chunk has no part in it.
  void set_exponent(std::size_t row, int exponent) {
    value_exponents_[row] = *state_.running_max(row) == minus_infinity<T> ? 0 : exponent;
  }

  // Attends one block of keys by all rows of the group: in one tile where there is one query, since its heads lie at
  // even distances, and else head by head.
  void attend_block(DecodeWorkspace<T>& work, const PackedHead<T>& head, std::size_t b, std::size_t kv_head,
                    std::size_t chunk, std::int64_t j0, std::int64_t j1) {
    const std::size_t queries = task_.operands.query.rows, first_head = kv_head * group_;
    const bool is_narrow = task_.operands.narrow_key.data != nullptr;
    MatrixView<const T> keys_in_place;
    NarrowRows narrow_keys;
    if (!packs_keys_ && is_narrow) {
      narrow_keys = narrow_rows(task_.operands.key, task_.operands.narrow_key, b, kv_head)
                        .part(static_cast<std::size_t>(j0), static_cast<std::size_t>(j1 - j0));
    } else if (!packs_keys_) {
      keys_in_place = rows(task_.operands.key, {}, b, kv_head, {j0, j1}, work.wide_keys);
    }
    bool packs = packs_keys_;
    const std::size_t heads_a_tile = queries == 1 ? group_ : 1;
    for (std::size_t g0 = 0; g0 < group_; g0 += heads_a_tile) {
      work.parts.clear();
      bool any = false;
      for (std::size_t g = g0; g < g0 + heads_a_tile; ++g) {
        const Coverage coverage = work.rows[g].coverage(0, queries, j0, j1);
        any = any || coverage != Coverage::empty;
        T* scores = work.scratch.weights.data() + static_cast<std::ptrdiff_t>((g - g0) * queries) * key_block;
        work.parts.push_back(
            {{b, first_head + g, 0, 0, queries, j0, j1, scores, key_block}, &work.rows[g], coverage != Coverage::full});
      }
      if (!any) continue;
      if (packs)
        kernels_.pack_transposed(
            rows(task_.operands.key, task_.operands.narrow_key, b, kv_head, {j0, j1}, work.wide_keys),
            work.keys.data());
      packs = false;
      const std::size_t group = b * task_.operands.key.heads + kv_head, row = g0 * queries;
      const MatrixView<const T> query = task_.operands.query.at(b, first_head + g0);
      attend_tile(task_, kernels_, head,
                  {.query = query.data,
                   .query_stride = queries == 1 ? task_.operands.query.head_stride : query.row_stride,
                   .rows = heads_a_tile * queries,
                   .begin = j0,
                   .end = j1,
                   .keys = packs_keys_ ? work.keys.data() : nullptr,
                   .keys_in_place = keys_in_place,
                   .narrow_keys = narrow_keys,
                   .state = &state_,
                   .first = state_row(group, chunk) + row,
                   .scratch = &work.scratch,
                   .parts = work.parts});
    }
  }

  void finish_group(std::size_t group) {
    const std::size_t b = group / task_.operands.key.heads, kv_head = group % task_.operands.key.heads;
    BlockRows rows;
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::size_t h = kv_head * group_ + row / task_.operands.query.rows, i = row % task_.operands.query.rows;
      if (i == 0) rows.gather(task_, b, h, 0, task_.operands.query.rows);
      finish_row(task_, kernels_, rows, {b, h, 0, i}, joined(group, row));
    }
  }

  // Joins what the chunks have of one row, in the memory of the first chunk.
  RowTotal<T> joined(std::size_t group, std::size_t row) {
    const auto total = [&](std::size_t chunk) {
      const std::size_t at = state_row(group, chunk) + row;
      return row_total(task_, state_, at, value_exponents_[at]);
    };
    double peak = minus_infinity<double>;
    int exponent = 0;
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      peak = std::max(peak, total(chunk).peak);
      exponent = std::max(exponent, value_exponents_[state_row(group, chunk) + row]);
    }
    RowTotal<T> whole = total(0);
    whole.value_exponent = exponent;
    if (peak == minus_infinity<double>) return summed_without_peak(whole, group, row);
    for (std::size_t chunk = 0; chunk < chunks_; ++chunk) {
      const RowTotal<T> part = total(chunk);
      const T factor = static_cast<T>(std::exp(part.peak - peak));
      const T mixed = std::ldexp(factor, part.value_exponent - exponent);
      whole.sum = chunk == 0 ? part.sum * factor : whole.sum + part.sum * factor;
      for (std::size_t c = 0; c < task_.operands.value.cols; ++c)
        whole.output[c] = chunk == 0 ? part.output[c] * mixed : whole.output[c] + part.output[c] * mixed;
    }
    whole.peak = peak;
    return whole;
  }

  // No chunk has a greatest score: the row sees no key, or its scores are NaN.
  RowTotal<T> summed_without_peak(RowTotal<T> whole, std::size_t group, std::size_t row) {
    for (std::size_t chunk = 1; chunk < chunks_; ++chunk) {
      const std::size_t at = state_row(group, chunk) + row;
      whole.sum += state_.sum(at);
      for (std::size_t c = 0; c < task_.operands.value.cols; ++c) whole.output[c] += state_.output(at)[c];
    }
    return whole;
  }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  std::size_t group_;  // query heads a key/value head
  std::size_t rows_;   // of a group
  std::size_t chunks_;
  std::size_t groups_at_once_, first_group_ = 0;  // whose rows are in `state_`
  OnlineRows<T> state_;
  std::vector<int> value_exponents_;  // of the rows in `state_`
  bool packs_keys_;
};

}  // namespace

template <class T>
void attend_decoding(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  Decoding<T>(task, kernels).run();
}

template void attend_decoding(const AttentionTask<float>&, const TileKernels<float>&);
template void attend_decoding(const AttentionTask<double>&, const TileKernels<double>&);

}  // namespace attn
