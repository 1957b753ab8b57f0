// Masks on a grid: rows, matrices, and counts of tiles.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "attn/error.hpp"
#include "attn/mask.hpp"
#include "mask/appended.hpp"
#include "mask/grid_shape.hpp"
#include "mask/node.hpp"

namespace attn {
namespace {

// Keys that one band of rows may attend in each tile. A range covers most of its tiles whole: those are
// noted where they begin and end, so that a range costs the same however long it is.
class Band {
 public:
  Band(std::size_t keys, std::size_t columns)
      : keys_(keys), columns_(columns), partial_((keys + columns - 1) / columns), whole_(partial_.size() + 1) {}

  void add(KeyRange range) {
    const auto begin = static_cast<std::size_t>(range.begin), end = static_cast<std::size_t>(range.end);
    const std::size_t first = begin / columns_, last = (end - 1) / columns_;
    if (first == last) {
      partial_[first] += end - begin;
      return;
    }
    partial_[first] += (first + 1) * columns_ - begin;
    partial_[last] += end - last * columns_;
    ++whole_[first + 1];
    --whole_[last];
  }

  // Counts the tiles of a band of `rows` rows, and starts the next one.
  void count(std::size_t rows, TileCounts& counts) {
    std::int64_t open = 0;
    for (std::size_t t = 0; t < partial_.size(); ++t) {
      open += whole_[t];
      const std::size_t width = std::min(columns_, keys_ - t * columns_);
      const std::uint64_t attended = partial_[t] + static_cast<std::uint64_t>(open) * width;
      ++(attended == 0 ? counts.empty : attended == std::uint64_t{rows} * width ? counts.full : counts.partial);
    }
    std::fill(partial_.begin(), partial_.end(), 0);
    std::fill(whole_.begin(), whole_.end(), 0);
  }

 private:
  std::size_t keys_;
  std::size_t columns_;
  std::vector<std::uint64_t> partial_;  // of each tile: keys of ranges that begin or end in it
  std::vector<std::int64_t> whole_;     // of each tile: ranges that cover it whole, as differences
};

}  // namespace

BoundMask::BoundMask(std::shared_ptr<const mask_detail::Node> node, MaskShape shape)
    : node_(std::move(node)), shape_(std::move(shape)) {}

BoundMask BoundMask::with_appended(std::size_t keys) const {
  MaskShape shape = shape_;
  shape.keys += keys;
  return BoundMask(node_ == nullptr ? nullptr : mask_detail::with_appended(node_, shape_), std::move(shape));
}

void BoundMask::row(std::size_t b, std::size_t h, std::size_t i, std::vector<KeyRange>& ranges) const {
  ranges.clear();
  if (shape_.keys == 0) return;
  const KeyRange keys{0, mask_detail::key_count(shape_)};
  if (node_ == nullptr) {
    ranges.push_back(keys);
    return;
  }
  const auto query = static_cast<std::int64_t>(i);
  node_->append_row({shape_, b, h, query, query + mask_detail::of_item(shape_.offsets, b)}, keys, ranges);
}

bool BoundMask::varies_by_batch() const { return node_ != nullptr && node_->varies_by_batch(shape_); }
bool BoundMask::varies_by_head() const { return node_ != nullptr && node_->varies_by_head(); }

void BoundMask::fill(std::size_t b, std::size_t h, std::span<std::uint8_t> matrix) const {
  if (matrix.size() != shape_.queries * shape_.keys)
    throw std::length_error("BoundMask::fill: the matrix does not have L x S elements");
  if (matrix.empty()) return;
  std::memset(matrix.data(), 0, matrix.size());
  std::vector<KeyRange> ranges;
  for (std::size_t i = 0; i < shape_.queries; ++i) {
    row(b, h, i, ranges);
    for (const KeyRange range : ranges)
      std::memset(matrix.data() + i * shape_.keys + static_cast<std::size_t>(range.begin), 1,
                  static_cast<std::size_t>(range.end - range.begin));
  }
}

MaskStats BoundMask::stats(std::size_t tile_rows, std::size_t tile_columns) const {
  if (tile_rows == 0 || tile_columns == 0) throw usage_error("", "tiles need at least one row and one column");
  MaskStats stats;
  stats.tile_rows = tile_rows;
  stats.tile_columns = tile_columns;

  const std::size_t items = varies_by_batch() ? shape_.batch : std::min<std::size_t>(1, shape_.batch);
  const std::size_t heads = varies_by_head() ? shape_.heads : std::min<std::size_t>(1, shape_.heads);
  Band band(shape_.keys, tile_columns);
  std::vector<KeyRange> ranges;
  for (std::size_t b = 0; b < items; ++b)
    for (std::size_t h = 0; h < heads; ++h)
      for (std::size_t top = 0; top < shape_.queries;) {
        const std::size_t rows = std::min(tile_rows, shape_.queries - top);
        for (std::size_t i = top; i < top + rows; ++i) {
          row(b, h, i, ranges);
          if (ranges.empty()) ++stats.empty_rows;
          for (const KeyRange range : ranges) {
            stats.attended += static_cast<std::uint64_t>(range.end - range.begin);
            band.add(range);
          }
        }
        band.count(rows, stats.tiles);
        top += rows;
      }

  // What is the same for all batch items or heads was counted once.
  if (items == 0 || heads == 0) return stats;
  const std::size_t copies = shape_.batch / items * (shape_.heads / heads);
  stats.attended *= copies;
  stats.empty_rows *= copies;
  for (std::size_t* const tiles : {&stats.tiles.full, &stats.tiles.partial, &stats.tiles.empty}) *tiles *= copies;
  const double scores = static_cast<double>(shape_.batch) * static_cast<double>(shape_.heads) *
                        static_cast<double>(shape_.queries) * static_cast<double>(shape_.keys);
  if (scores > 0) stats.density = static_cast<double>(stats.attended) / scores;
  return stats;
}

}  // namespace attn
