// Sums over a whole mask, many rows at a time: counts of tiles, and the cells of pictures.
#include <algorithm>
#include <atomic>

#include "attn/error.hpp"
#include "attn/mask.hpp"
#include "core/held_memory.hpp"
#include "core/memory.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"
#include "mask/bands.hpp"
#include "mask/grid_shape.hpp"
#include "mask/node.hpp"

namespace attn {

using mask_detail::Band;
using mask_detail::SparseBand;
using mask_detail::Word;

// The rows of one matrix one after the other, as ranges, or as bits where there would be many ranges.
class BoundMask::Rows {
 public:
  Rows(const BoundMask& mask, std::size_t b, std::size_t h)
      : mask_(mask),
        b_(b),
        h_(h),
        as_bits_(is_bits(mask)),
        bits_(as_bits_ ? mask_detail::words_for(mask_detail::key_count(mask.shape_)) : 0) {}

  /// Bytes that one takes, and a band that it fills; more than can be are infinite.
  static double bytes(const BoundMask& mask, std::size_t boxes) {
    const auto keys = static_cast<double>(mask.shape_.keys);
    return (is_bits(mask) ? keys / 8 : 0) + 2 * sizeof(double) * static_cast<double>(boxes);
  }
  /// How often bands of so many boxes can be had at once, of `wanted`. Throws Error (data, at `max_memory`) if not even
  /// one can.
  static std::size_t affordable(const BoundMask& mask, std::size_t boxes, std::size_t wanted) {
    const double each = bytes(mask, boxes), left = static_cast<double>(memory_left());
    if (each <= left)
      return std::max<std::size_t>(
          1, static_cast<std::size_t>(std::min(left / std::max(1.0, each), static_cast<double>(wanted))));
    throw data_error(option_name("max_memory"),
                     "to count in rows of " + std::to_string(mask.shape_.keys) + " keys needs " +
                         (each < 1.8e19 ? size_text(static_cast<std::uint64_t>(each)) : "over 16 EiB") +
                         "; the limit is " + size_text(memory_limit()));
  }

  /// Throws Error (data) for so many matrices that it would take hours to count in them, or more scores than a count
  /// can be.
  static void check_work(const BoundMask& mask, std::size_t matrices) {
    constexpr double most = 1ULL << 33, most_scores = 1ULL << 63;  // some minutes of a core
    const double rows = static_cast<double>(mask.shape_.queries) * static_cast<double>(matrices);
    const double keys = static_cast<double>(mask.shape_.keys);
    const double steps = rows * (is_bits(mask) ? keys / 64 : ranges(mask));
    if (steps > most)
      throw data_error("", "to count in " + fixed(rows, 0) + " rows of " + fixed(keys, 0) + " keys takes " +
                               scientific(steps, 1) + " steps; the limit is " + scientific(most, 1));
    if (rows * keys >= most_scores)
      throw data_error(
          "", "there are more scores than can be counted: " + fixed(rows, 0) + " rows of " + fixed(keys, 0) + " keys");
  }

  /// The same for a band that keeps ends of ranges alone; not for bits.
  bool add(std::size_t i, SparseBand& band) {
    mask_.row(b_, h_, i, ranges_);
    for (const KeyRange range : ranges_) band.add(range);
    return !ranges_.empty();
  }
  /// Whether that is worth its sorting.
  static bool worth_sparse(const BoundMask& mask, std::size_t rows, std::size_t boxes) {
    if (is_bits(mask)) return false;
    return static_cast<double>(boxes) > 8 * static_cast<double>(rows) * ranges(mask);
  }

  /// Adds what row `i` may attend to a band; returns false if that is nothing.
  template <class Sum>
  bool add(std::size_t i, Band<Sum>& band, Sum weight) {
    const bool attends = move_to(i);
    if (in_bits()) {
      band.add(bits_.data(), weight);
    } else {
      for (const KeyRange range : ranges_) band.add(range, weight);
    }
    return attends;
  }

  /// Finds what row `i` may attend; returns false if that is nothing.
  bool move_to(std::size_t i) {
    const MaskShape& shape = mask_.shape_;
    if (!in_bits()) {
      mask_.row(b_, h_, i, ranges_);
      return !ranges_.empty();
    }
    std::fill(bits_.begin(), bits_.end(), Word{0});
    const auto query = static_cast<std::int64_t>(i);
    mask_.node_->set_row_bits({shape, b_, h_, query, query + mask_detail::of_item(shape.offsets, b_)},
                              {0, mask_detail::key_count(shape)}, bits_.data());
    return std::any_of(bits_.begin(), bits_.end(), [](Word word) { return word != 0; });
  }

 private:
  bool in_bits() const { return as_bits_ && mask_.shape_.keys != 0; }
  // Of a row, as a rule.
  static double ranges(const BoundMask& mask) {
    return mask.node_ == nullptr ? 1 : std::max(1.0, mask.node_->ranges_a_row(mask.shape_));
  }
  static bool is_bits(const BoundMask& mask) {
    return mask.node_ != nullptr && mask.node_->ranges_a_row(mask.shape_) > ranges_worth_bits(mask.shape_);
  }
  // Adding a range takes about as long as setting and counting two words.
  static double ranges_worth_bits(const MaskShape& shape) { return 1 + static_cast<double>(shape.keys) / 128; }

  const BoundMask& mask_;
  std::size_t b_, h_;
  bool as_bits_;
  std::vector<Word> bits_;
  std::vector<KeyRange> ranges_;
};

MaskStats BoundMask::stats(std::size_t tile_rows, std::size_t tile_columns, std::size_t threads) const {
  if (tile_rows == 0 || tile_columns == 0) throw usage_error("", "tiles need at least one row and one column");
  const std::size_t items = varies_by_batch() ? shape_.batch : std::min<std::size_t>(1, shape_.batch);
  const std::size_t heads = varies_by_head() ? shape_.heads : std::min<std::size_t>(1, shape_.heads);
  Rows::check_work(*this, items * heads);
  // A task is some bands of one matrix. Counts are whole numbers, so that their order does not matter.
  constexpr std::size_t bands_a_task = 16;
  const std::size_t bands = (shape_.queries + tile_rows - 1) / tile_rows;
  const std::size_t tasks_a_matrix = (bands + bands_a_task - 1) / bands_a_task;
  const std::size_t tasks = items * heads * tasks_a_matrix;
  const std::size_t boxes = shape_.keys / tile_columns + (shape_.keys % tile_columns != 0 ? 1 : 0);
  const bool sparse = Rows::worth_sparse(*this, std::min(tile_rows, shape_.queries), boxes);
  const std::size_t wanted = std::max<std::size_t>(1, std::min(threads, tasks));
  const std::size_t workers = sparse || tasks == 0 ? wanted : Rows::affordable(*this, boxes, wanted);
  std::vector<MaskStats> counted(workers);
  parallel_for(tasks, workers, [&](std::size_t task, std::size_t worker) {
    const std::size_t matrix = task / tasks_a_matrix, first = task % tasks_a_matrix * bands_a_task;
    Rows rows(*this, matrix / heads, matrix % heads);
    Band<std::int64_t> band(sparse ? 0 : shape_.keys, {1, tile_columns});
    SparseBand ends(shape_.keys, tile_columns);
    MaskStats& stats = counted[worker];
    for (std::size_t n = first; n < std::min(first + bands_a_task, bands); ++n) {
      const std::size_t top = n * tile_rows, height = std::min(tile_rows, shape_.queries - top);
      for (std::size_t i = top; i < top + height; ++i)
        if (!(sparse ? rows.add(i, ends) : rows.add<std::int64_t>(i, band, 1))) ++stats.empty_rows;
      const auto count = [&](std::size_t tiles, std::size_t width, std::int64_t attended) {
        const auto each = static_cast<std::uint64_t>(attended);
        stats.attended += tiles * each;
        (each == 0 ? stats.tiles.empty : each == height * width ? stats.tiles.full : stats.tiles.partial) += tiles;
      };
      if (sparse) {
        ends.drain(count);
      } else {
        band.drain([&](std::size_t tile, std::int64_t attended) { count(1, band.width(tile), attended); });
      }
    }
  });

  MaskStats stats;
  stats.tile_rows = tile_rows;
  stats.tile_columns = tile_columns;
  if (items == 0 || heads == 0) return stats;
  // What is the same for all batch items or heads was counted once.
  const std::size_t copies = shape_.batch / items * (shape_.heads / heads);
  for (const MaskStats& part : counted) {
    stats.attended += part.attended * copies;
    stats.empty_rows += part.empty_rows * copies;
    stats.tiles.full += part.tiles.full * copies;
    stats.tiles.partial += part.tiles.partial * copies;
    stats.tiles.empty += part.tiles.empty * copies;
  }
  const double scores = static_cast<double>(shape_.batch) * static_cast<double>(shape_.heads) *
                        static_cast<double>(shape_.queries) * static_cast<double>(shape_.keys);
  if (scores > 0) stats.density = static_cast<double>(stats.attended) / scores;
  return stats;
}

std::size_t BoundMask::empty_rows(std::size_t threads) const {
  if (unrestricted() && shape_.keys != 0) return 0;
  const std::size_t items = varies_by_batch() ? shape_.batch : std::min<std::size_t>(1, shape_.batch);
  const std::size_t heads = varies_by_head() ? shape_.heads : std::min<std::size_t>(1, shape_.heads);
  if (items == 0 || heads == 0) return 0;
  constexpr std::size_t rows_a_task = 256;
  const std::size_t tasks_a_matrix = (shape_.queries + rows_a_task - 1) / rows_a_task;
  std::atomic<std::size_t> empty{0};
  parallel_for(items * heads * tasks_a_matrix, threads, [&](std::size_t task, std::size_t) {
    const std::size_t matrix = task / tasks_a_matrix, first = task % tasks_a_matrix * rows_a_task;
    Rows rows(*this, matrix / heads, matrix % heads);
    std::size_t found = 0;
    for (std::size_t i = first; i < std::min(first + rows_a_task, shape_.queries); ++i)
      if (!rows.move_to(i)) ++found;
    empty += found;
  });
  return empty * (shape_.batch / items) * (shape_.heads / heads);
}

Tensor BoundMask::pool(std::size_t b, std::size_t h, std::size_t rows, std::size_t columns, Pooling pooling,
                       std::size_t threads) const {
  if (rows == 0 || columns == 0 || rows > shape_.queries || columns > shape_.keys)
    throw usage_error("", "a picture of a mask has 1 … L rows and 1 … S columns");
  Rows::check_work(*this, 1);
  Tensor cells(DType::f32, {rows, columns});
  const auto values = cells.values<float>();
  // A row that lies in two rows of cells is made twice; in return no cell is shared. In units of 1/rows of a row, a
  // row is `rows` long and a cell L high.
  const std::size_t height = shape_.queries;
  const double area = static_cast<double>(height) * static_cast<double>(shape_.keys);
  constexpr std::size_t cells_a_task = 8;
  const std::size_t tasks = (rows + cells_a_task - 1) / cells_a_task;
  const std::size_t wanted = std::max<std::size_t>(1, std::min(threads, tasks));
  parallel_for(tasks, Rows::affordable(*this, columns, wanted), [&](std::size_t task, std::size_t) {
    Rows source(*this, b, h);
    Band<double> band(shape_.keys, {columns, shape_.keys});
    for (std::size_t y = task * cells_a_task; y < std::min((task + 1) * cells_a_task, rows); ++y) {
      const std::size_t top = y * height, bottom = top + height;
      for (std::size_t i = top / rows; i * rows < bottom; ++i) {
        const std::size_t part = std::min((i + 1) * rows, bottom) - std::max(i * rows, top);
        source.add(i, band, static_cast<double>(part));
      }
      band.drain([&](std::size_t x, double units) {
        values[y * columns + x] = pooling == Pooling::mean ? static_cast<float>(units / area) : units > 0 ? 1 : 0;
      });
    }
  });
  return cells;
}

}  // namespace attn
