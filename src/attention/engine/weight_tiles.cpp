// Weights by tiles: one pass over the scores keeps each row's greatest and sum, a second one makes the tiles.
#include "attention/engine/weight_tiles.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "attention/engine/engines.hpp"
#include "attention/engine/half_operands.hpp"
#include "attention/engine/narrow.hpp"
#include "attention/engine/packed.hpp"
#include "attention/engine/score_pipeline.hpp"
#include "core/parallel.hpp"
#include "core/rounding.hpp"
#include "kernels/assumptions.hpp"
#include "kernels/pooling.hpp"

namespace attn {
namespace {

constexpr std::size_t weight_block_rows = 192;
static_assert(WeightSource<float>::tile_keys % kWidestPanel == 0);
// A partly masked tile is done in strips of so many rows, each with its own least and greatest key.
constexpr std::size_t weight_strip_rows = 24;

template <class T>
inline constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

// How a row's scores become weights.
template <class T>
struct RowScale {
  enum class Kind : unsigned char { softmax, filled, undefined } kind = Kind::softmax;
  T shift = 0;   // weight = exp(score − shift) · factor
  T factor = 0;  // of filled rows: the weight itself
};

// A row's softmax so far.
template <class T>
struct RowSum {
  T peak = minus_infinity<T>;
  double sum = 0;

  static T shift_of(T peak) { return peak == minus_infinity<T> ? T(0) : peak; }

  void rise_to(T next) {
    if (!(next > peak)) return;
    sum *= std::exp(static_cast<double>(peak) - static_cast<double>(next));
    peak = next;
  }
  void add(const PoolingKernels<T>& kernels, T* row, std::size_t n) {
    rise_to(kernels.greatest(row, n));
    sum += static_cast<double>(kernels.sum(row, n, shift_of(peak)));
  }
  void add_sink(T sink) {
    rise_to(sink);
    sum += std::exp(static_cast<double>(sink) - static_cast<double>(shift_of(peak)));
  }
};

template <class T>
class TiledWeights final : public WeightSource<T> {
 public:
  using WeightSource<T>::tile_keys;

  TiledWeights(const AttentionTask<T>& task, const TileKernels<T>& kernels, const PoolingKernels<T>& pooling)
      : half_(without_values(task)),
        task_(half_.task()),
        kernels_(kernels),
        pooling_(pooling),
        heads_(task_, kernels, false),
        scales_(task.operands.query.batch * task.operands.query.heads * task.operands.query.rows) {}

  std::size_t most_rows() const override { return weight_block_rows; }

  void prepare(const std::vector<bool>& heads) override {
    std::vector<std::size_t> wanted;
    for (std::size_t head = 0; head < heads.size(); ++head)
      if (heads[head]) wanted.push_back(head);
    const std::size_t blocks = divide_up(task_.operands.query.rows, weight_block_rows);
    const std::size_t workers = std::max<std::size_t>(1, std::min(task_.execution.threads, blocks * wanted.size()));
    std::vector<Scratch<T>> scratch;
    for (std::size_t w = 0; w < workers; ++w)
      scratch.emplace_back(weight_block_rows * static_cast<std::size_t>(tile_keys));
    const auto scale_block = [&](std::size_t index, std::size_t worker) {
      // Under a causal mask the last blocks are the longest: they go first.
      const std::size_t head = wanted[index % wanted.size()], block = blocks - 1 - index / wanted.size();
      find_scales(head / task_.operands.query.heads, head % task_.operands.query.heads, block * weight_block_rows,
                  scratch[worker].data());
    };
    parallel_phases(workers, std::array{heads_.packing(), Phase{blocks * wanted.size(), scale_block}});
  }

  void begin(WeightRows<T>& rows, std::size_t b, std::size_t h, std::size_t first, std::size_t count) const override {
    rows.b = b;
    rows.h = h;
    rows.first = first;
    rows.count = count;
    rows.keys.gather(task_, b, h, first, first + count);
    rows.filled = rows.undefined = false;
    const RowScale<T>* scales = scales_of(rows);
    for (std::size_t r = 0; r < count; ++r) {
      const bool fills = scales[r].kind == RowScale<T>::Kind::filled;
      rows.filled |= fills;
      rows.undefined |= scales[r].kind == RowScale<T>::Kind::undefined || (fills && std::isnan(scales[r].factor));
    }
  }

  bool is_zero(const WeightRows<T>& rows, std::int64_t j0, std::int64_t j1) const override {
    if (rows.filled) return false;
    const KeyRange hull = rows.keys.hull(0, rows.count, j0, j1);
    return hull.begin == hull.end;
  }

  TileCells make(const WeightRows<T>& rows, std::int64_t j0, std::int64_t j1, T* tile) const override {
    if (is_zero(rows, j0, j1)) return TileCells::zero;
    const RowScale<T>* scales = scales_of(rows);
    const auto row_at = [&](std::size_t r) { return tile + static_cast<std::ptrdiff_t>(r) * tile_keys; };
    std::size_t done = 0;
    const auto clear_to = [&](std::size_t end) {
      for (; done < end; ++done) std::fill_n(row_at(done), j1 - j0, T(0));
    };
    for_each_part(rows.keys, rows.count, j0, j1,
                  [&](std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end, bool masked) {
                    clear_to(r0);
                    const ScoreTile<T> part{rows.b,   rows.h, rows.first, r0, r1, begin, end, row_at(r0) + (begin - j0),
                                            tile_keys};
                    make_scores(rows.keys, part, masked);
                    for (std::size_t r = r0; r < r1; ++r) {
                      T* row = row_at(r);
                      std::fill(row, row + (begin - j0), T(0));
                      exponentiate(rows.keys, part, r, scales[r]);
                      std::fill(row + (end - j0), row + (j1 - j0), T(0));
                    }
                    done = r1;
                  });
    clear_to(rows.count);
    if (rows.filled)
      for (std::size_t r = 0; r < rows.count; ++r)
        if (scales[r].kind == RowScale<T>::Kind::filled) std::fill_n(row_at(r), j1 - j0, scales[r].factor);
    return rows.undefined ? TileCells::mixed : TileCells::finite;
  }

 private:
  static AttentionTask<T> without_values(AttentionTask<T> task) {
    task.operands.value.data = nullptr;  // they need not be packed
    task.operands.narrow_value = {};
    return task;
  }

  const RowScale<T>* scales_of(const WeightRows<T>& rows) const {
    return scales_.data() + (rows.b * task_.operands.query.heads + rows.h) * task_.operands.query.rows + rows.first;
  }

  // Calls visit(r0, r1, begin, end, masked) for the parts of a tile that are not all masked; `begin` is at the start of
  // a panel.
  template <class Visit>
  void for_each_part(const BlockRows& keys, std::size_t rows, std::int64_t j0, std::int64_t j1, Visit visit) const {
    const Coverage coverage = keys.coverage(0, rows, j0, j1);
    if (coverage == Coverage::full) visit(0, rows, j0, j1, false);
    if (coverage != Coverage::partial) return;
    const std::int64_t panel = static_cast<std::int64_t>(kernels_.panel);
    for (std::size_t r0 = 0; r0 < rows; r0 += weight_strip_rows) {
      const std::size_t r1 = std::min(r0 + weight_strip_rows, rows);
      const KeyRange strip = keys.hull(r0, r1, j0, j1);
      if (strip.begin < strip.end) visit(r0, r1, strip.begin / panel * panel, strip.end, true);
    }
  }

  void make_scores(const BlockRows& keys, const ScoreTile<T>& tile, bool masked) const {
    const MatrixView<const T> query = task_.operands.query.at(tile.b, tile.h);
    const PackedHead<T>& head = heads_.at(tile.b, task_.operands.kv_head(tile.h));
    const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(query.cols);
    const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(kernels_.panel);
    kernels_.multiply({.a = query.row(tile.first_row + tile.r0),
                       .a_stride = query.row_stride,
                       .b = head.keys + tile.begin * depth,
                       .b_stride = panel,
                       .b_panel_stride = panel * depth,
                       .c = tile.scores,
                       .c_stride = tile.stride,
                       .m = tile.r1 - tile.r0,
                       .n = static_cast<std::size_t>(tile.end - tile.begin),
                       .k = query.cols,
                       .alpha = ScoreRule<T>(task_.pipeline, true).alpha,
                       .chain = kScoreChain,
                       .in_two = is_in_two(query.cols)});
    apply_scales(task_, tile);
    apply_softcap(task_, kernels_, tile);
    apply_bias(task_, tile);
    if (masked) apply_mask(keys, tile);
  }

  void find_scales(std::size_t b, std::size_t h, std::size_t first, T* scores) {
    const std::size_t count = std::min(weight_block_rows, task_.operands.query.rows - first);
    const std::int64_t keys = static_cast<std::int64_t>(task_.operands.key.rows);
    BlockRows rows;
    rows.gather(task_, b, h, first, first + count);
    std::vector<RowSum<T>> sums(count);
    const KeyRange hull = rows.hull(0, count, 0, keys);
    for (std::int64_t j0 = hull.begin / tile_keys * tile_keys; j0 < hull.end; j0 += tile_keys)
      for_each_part(rows, count, j0, std::min(j0 + tile_keys, keys),
                    [&](std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end, bool masked) {
                      const ScoreTile<T> part{b, h, first, r0, r1, begin, end, scores, tile_keys};
                      make_scores(rows, part, masked);
                      for (std::size_t r = r0; r < r1; ++r)
                        sums[r].add(pooling_, part.row(r), static_cast<std::size_t>(end - begin));
                    });
    RowScale<T>* scales = scales_.data() + (b * task_.operands.query.heads + h) * task_.operands.query.rows + first;
    for (std::size_t r = 0; r < count; ++r) {
      if (!task_.pipeline.sinks.empty()) sums[r].add_sink(task_.pipeline.sinks[h]);
      scales[r] = scale_of(sums[r], rows, b, h, first, r);
    }
  }

  RowScale<T> scale_of(const RowSum<T>& row, const BlockRows& rows, std::size_t b, std::size_t h, std::size_t first,
                       std::size_t r) const {
    using Kind = typename RowScale<T>::Kind;
    if (std::isnan(row.sum)) return {Kind::undefined, 0, not_a_number<T>};
    if (row.sum != 0) return {Kind::softmax, RowSum<T>::shift_of(row.peak), static_cast<T>(1 / row.sum)};
    if (!row_is_empty(task_, rows, {b, h, first, r})) return {Kind::undefined, 0, not_a_number<T>};
    switch (task_.pipeline.empty_row) {
      case EmptyRow::zero: return {Kind::softmax, 0, 0};
      case EmptyRow::nan: return {Kind::filled, 0, not_a_number<T>};
      case EmptyRow::uniform: return {Kind::filled, 0, T(1) / static_cast<T>(task_.operands.key.rows)};
    }
    return {};
  }

  // Turns the scores of row r into weights. In an undefined row the weights of keys that it may attend are NaN, the
  // others 0.
  void exponentiate(const BlockRows& rows, const ScoreTile<T>& part, std::size_t r, const RowScale<T>& scale) const {
    T* row = part.row(r);
    const std::int64_t n = part.end - part.begin;
    if (scale.kind == RowScale<T>::Kind::softmax)
      return pooling_.exponentials(row, static_cast<std::size_t>(n), scale.shift, scale.factor);
    std::fill_n(row, n, not_a_number<T>);
    rows.for_hidden(r, part.begin, part.end, [&](std::int64_t j0, std::int64_t j1) {
      std::fill(row + (j0 - part.begin), row + (j1 - part.begin), T(0));
    });
    if (task_.pipeline.bias.data == nullptr) return;
    const T* bias = task_.pipeline.bias.row(part.b, part.h, part.first_row + r);
    for (std::int64_t j = part.begin; j < part.end; ++j)
      if (bias[j * task_.pipeline.bias.strides[3]] == minus_infinity<T>) row[j - part.begin] = T(0);
  }

  HalfTask<T> half_;
  const AttentionTask<T>& task_;
  const TileKernels<T>& kernels_;
  const PoolingKernels<T>& pooling_;
  PackedHeads<T> heads_;
  std::vector<RowScale<T>> scales_;  // (B, H, L)
};

// The reference engine makes a row at a time: it would gain nothing from tiles.
template <class T>
class ReferenceWeights final : public WeightSource<T> {
 public:
  using WeightSource<T>::tile_keys;

  explicit ReferenceWeights(const AttentionTask<T>& task) : half_(task), wide_(half_.task()), task_(wide_.task()) {}

  std::size_t most_rows() const override { return 1; }
  void prepare(const std::vector<bool>&) override {}
  void begin(WeightRows<T>& rows, std::size_t b, std::size_t h, std::size_t first, std::size_t count) const override {
    rows.b = b;
    rows.h = h;
    rows.first = first;
    rows.count = count;
    rows.whole.resize(count * task_.operands.key.rows);
    for (std::size_t r = 0; r < count; ++r)
      reference_weights(task_, b, h, first + r, rows.whole.data() + r * task_.operands.key.rows);
  }
  bool is_zero(const WeightRows<T>&, std::int64_t, std::int64_t) const override { return false; }
  TileCells make(const WeightRows<T>& rows, std::int64_t j0, std::int64_t j1, T* tile) const override {
    for (std::size_t r = 0; r < rows.count; ++r)
      std::copy_n(rows.whole.data() + r * task_.operands.key.rows + j0, j1 - j0,
                  tile + static_cast<std::int64_t>(r) * tile_keys);
    return TileCells::mixed;
  }

 private:
  HalfTask<T> half_;
  WidenedTask<T> wide_;
  const AttentionTask<T>& task_;
};

}  // namespace

template <class T>
std::unique_ptr<WeightSource<T>> weight_source(const AttentionTask<T>& task) {
  const KernelSet& set = *task.execution.kernels;
  const TileKernels<T>* kernels = set.tiles<T>(task.execution.bf16_operands);
  if (kernels == nullptr) return std::make_unique<ReferenceWeights<T>>(task);
  return std::make_unique<TiledWeights<T>>(task, *kernels, *set.pooling<T>());
}

template std::unique_ptr<WeightSource<float>> weight_source(const AttentionTask<float>&);
template std::unique_ptr<WeightSource<double>> weight_source(const AttentionTask<double>&);

}  // namespace attn
