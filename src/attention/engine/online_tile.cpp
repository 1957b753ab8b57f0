// One tile of the online softmax.
#include <algorithm>
#include <cmath>

#include "attention/engine/online.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

// More rows are worth a copy of the tile's values as numbers of T.
constexpr std::size_t most_rows_of_narrow = 8;

template <class T>
class Tile {
 public:
  Tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head, const OnlineTile<T>& at)
      : task_(task),
        kernels_(kernels),
        head_(head),
        at_(at),
        rule_(task.pipeline),
        state_(*at.state),
        scratch_(*at.scratch) {}

  void attend() {
    if (!rule_.folds_scale || masked() || are_in_place()) {
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
  bool are_in_place() const { return at_.keys_in_place.data != nullptr || at_.narrow_keys.elements.data != nullptr; }
  std::size_t keys() const { return static_cast<std::size_t>(at_.end - at_.begin); }
  T* weights(std::size_t row) { return scratch_.weights.data() + static_cast<std::ptrdiff_t>(row) * scratch_.stride; }

  bool masked() const {
    return std::any_of(at_.parts.begin(), at_.parts.end(), [](const TilePart<T>& part) { return part.masked; });
  }

  bool all_have_maxima() const {
    const T* shift = state_.shift(at_.first);
    return std::all_of(shift, shift + at_.rows, [](T x) { return std::isfinite(x); });
  }

  // Weights of the keys from j0 to the end of the tile; their scores are not stored.
  void exp_products(std::size_t j0) {
    if (at_.during_scores != nullptr) {
      // Two chains take the registers of two rows.
      const std::size_t rows = is_in_two(task_.operands.query.cols) ? kernels_.tile_rows / 2 : kernels_.tile_rows;
      at_.during_scores->share_out(divide_up(at_.rows, rows) * ((keys() - j0) / kernels_.panel));
    }
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
                                                    .past_limit = scratch_.past_limit.data(),
                                                    .ahead = at_.during_scores});
    if (past == 0) return;
    const unsigned char* marked = scratch_.past_limit.data();
    for (std::size_t r = 0; r < at_.rows;) {
      std::size_t end = r + 1;
      while (end < at_.rows && marked[end] == marked[r]) ++end;
      if (marked[r]) exp_scores(r, end, j0, keys());
      r = end;
    }
  }

  void multiply_keys(std::size_t r0, std::size_t r1, std::size_t j0, std::size_t j1) {
    const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(task_.operands.query.cols);
    const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(kernels_.panel);
    Product<T> product{.a = at_.query + static_cast<std::ptrdiff_t>(r0) * at_.query_stride,
                       .a_stride = at_.query_stride,
                       .c = weights(r0) + j0,
                       .c_stride = scratch_.stride,
                       .m = r1 - r0,
                       .n = j1 - j0,
                       .k = task_.operands.query.cols,
                       .alpha = rule_.alpha,
                       .chain = kScoreChain,
                       .in_two = is_in_two(task_.operands.query.cols)};
    if (at_.keys_in_place.data != nullptr) {
      product.b = at_.keys_in_place.row(j0);
      product.b_stride = at_.keys_in_place.row_stride;
      kernels_.multiply_by_rows(product);
    } else if (at_.narrow_keys.elements.data != nullptr) {
      product.b_stride = at_.narrow_keys.row_stride;
      kernels_.multiply_by_narrow_rows(product, at_.narrow_keys.row(j0));
    } else {
      product.b = packed_keys(j0);
      product.b_stride = panel;
      product.b_panel_stride = panel * depth;
      kernels_.multiply(product);
    }
  }

  // Weights of rows r0 … r1-1 and keys j0 … j1-1 by way of stored scores.
  void exp_scores(std::size_t r0, std::size_t r1, std::size_t j0, std::size_t j1) {
    multiply_keys(r0, r1, j0, j1);
    if (!rule_.folds_scale || masked()) {
      for (const TilePart<T>& part : at_.parts) {
        apply_scales(task_, part.scores);
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
      for (std::ptrdiff_t c = 0; c < state_.output_stride() && !at_.sets_output; ++c) output[c] *= *change;
      kernels_.rescale(weights(r), j0, *change);
    }
  }

  // Drops weights once they are summed, since what is dropped counts in the softmax. Kept weights are scaled at the end
  // of the row.
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
    const std::ptrdiff_t first = (at_.begin - head_.first_key) * head_.value_stride;
    Product<T> product{.a = weights(0),
                       .a_stride = scratch_.stride,
                       .b_stride = head_.value_stride,
                       .b_panel_stride = head_.value_panel_stride,
                       .c = state_.output(at_.first),
                       .c_stride = state_.output_stride(),
                       .m = at_.rows,
                       .n = task_.operands.value.cols,
                       .k = keys(),
                       .accumulate = !at_.sets_output,
                       .chain = value_chain(task_.operands.value.cols),
                       .chain_begin = static_cast<std::size_t>(at_.begin) % value_chain(task_.operands.value.cols)};
    if (at_.during_values != nullptr) {
      product.ahead = at_.during_values;
      product.ahead->share_out(divide_up(product.m, kernels_.tile_rows) * divide_up(product.n, kernels_.panel));
    }
    if (head_.narrow_values.data == nullptr) {
      product.b = head_.values + first;
      head_.use_tail(product, at_.begin);
      kernels_.multiply_values(product);
    } else if (at_.rows <= most_rows_of_narrow) {
      kernels_.multiply_narrow_values(product, head_.narrow_values.from(first));
    } else {
      product.b = widen_values(head_.narrow_values.from(first));
      product.b_stride = static_cast<std::ptrdiff_t>(task_.operands.value.cols);
      product.b_panel_stride = static_cast<std::ptrdiff_t>(kernels_.panel);
      kernels_.multiply_values(product);
    }
    if (head_.non_finite_keys.empty()) return;
    std::size_t row = at_.first;
    for (const TilePart<T>& part : at_.parts) {
      const ScoreTile<T>& scores = part.scores;
      for (std::size_t r = scores.r0; r < scores.r1; ++r, ++row)
        add_non_finite_values(task_, head_, *part.rows, scores.place(r), {at_.begin, at_.end}, scores.row(r),
                              state_.output(row));
    }
  }

  // The tile's values as numbers of T. Strips of one block of keys begin at the same value, and each adds a few.
  const T* widen_values(NarrowElements values) {
    const std::size_t width = task_.operands.value.cols;
    if (scratch_.widened.data != values.data) {
      if (scratch_.wide_values.size() == 0)
        scratch_.wide_values = Scratch<T>(static_cast<std::size_t>(scratch_.stride) * width);
      scratch_.widened = values;
      scratch_.widened_rows = 0;
    }
    if (scratch_.widened_rows < keys()) {
      const NarrowRows all{values, keys(), width, head_.value_stride};
      const std::size_t done = scratch_.widened_rows;
      widen_rows(all.part(done, keys() - done), kernels_, scratch_.wide_values.data() + done * width);
      scratch_.widened_rows = keys();
    }
    return scratch_.wide_values.data();
  }

  // The packed keys from key j of the tile on, which begins a panel.
  const T* packed_keys(std::size_t j) const {
    const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(task_.operands.query.cols);
    const T* const keys = at_.keys != nullptr ? at_.keys : head_.keys + (at_.begin - head_.first_key) * depth;
    return keys + static_cast<std::ptrdiff_t>(j) * depth;
  }

  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  const PackedHead<T>& head_;
  const OnlineTile<T>& at_;
  ScoreRule<T> rule_;
  OnlineRows<T>& state_;
  TileScratch<T>& scratch_;
};

}  // namespace

template <class T>
void attend_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PackedHead<T>& head,
                 const OnlineTile<T>& tile) {
  Tile<T>(task, kernels, head, tile).attend();
}

template <class T>
std::size_t keys_a_tile(const AttentionTask<T>& task, const TileKernels<T>& kernels) {
  constexpr std::size_t block_bytes = std::size_t{64} * 1024, most = 512, few = 128;
  const std::size_t key_bytes =
      std::max<std::size_t>({task.operands.query.cols, task.operands.value.cols, 1}) * sizeof(T);
  std::size_t keys = std::min(most, block_bytes / key_bytes);
  if (keys < few) keys = std::min(few, 4 * block_bytes / key_bytes);
  return std::max(keys / kernels.panel, std::size_t{1}) * kernels.panel;
}

#define ATTN_INSTANTIATE(T)                                                                       \
  template void attend_tile(const AttentionTask<T>&, const TileKernels<T>&, const PackedHead<T>&, \
                            const OnlineTile<T>&);                                                \
  template std::size_t keys_a_tile(const AttentionTask<T>&, const TileKernels<T>&);
ATTN_INSTANTIATE(float)
ATTN_INSTANTIATE(double)
#undef ATTN_INSTANTIATE

}  // namespace attn
