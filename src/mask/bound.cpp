// Masks on a grid: rows and matrices.
#include <cstring>
#include <stdexcept>
#include <utility>

#include "attn/mask.hpp"
#include "mask/appended.hpp"
#include "mask/grid_shape.hpp"
#include "mask/node.hpp"

namespace attn {
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
  fill_rows(b, h, 0, shape_.queries, matrix);
}

void BoundMask::fill_rows(std::size_t b, std::size_t h, std::size_t first, std::size_t count,
                          std::span<std::uint8_t> rows) const {
  if (first + count > shape_.queries || rows.size() != count * shape_.keys)
    throw std::length_error("BoundMask::fill_rows: the rows are not there, or do not have S elements each");
  if (rows.empty()) return;
  std::memset(rows.data(), 0, rows.size());
  std::vector<KeyRange> ranges;
  for (std::size_t i = 0; i < count; ++i) {
    row(b, h, first + i, ranges);
    for (const KeyRange range : ranges)
      std::memset(rows.data() + i * shape_.keys + static_cast<std::size_t>(range.begin), 1,
                  static_cast<std::size_t>(range.end - range.begin));
  }
}

}  // namespace attn
