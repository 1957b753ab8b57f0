// The atom of packed documents whose ids come with the input.
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "mask/atoms.hpp"
#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

// The ids of one batch item, regrouped: for each position, the ranges of the keys that share its id.
class ItemSegments {
 public:
  explicit ItemSegments(std::span<const std::int64_t> ids) : groups_(ids.size()) {
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [ids](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
    for (std::size_t n = 0; n < order.size(); ++n) {
      if (n == 0 || ids[order[n]] != ids[order[n - 1]]) ranges_.emplace_back();
      groups_[order[n]] = ranges_.size() - 1;
      const auto key = static_cast<std::int64_t>(order[n]);
      append_range(ranges_.back(), {key, key + 1});
    }
  }

  const std::vector<KeyRange>& keys_of(std::int64_t position) const {
    return ranges_[groups_[static_cast<std::size_t>(position)]];
  }

 private:
  std::vector<std::size_t> groups_;            // of each position
  std::vector<std::vector<KeyRange>> ranges_;  // of each group
};

// Of one batch item for all, or of each.
class BoundSegments : public Atom {
 public:
  BoundSegments(std::string text, const std::vector<std::int64_t>& ids, std::size_t keys) : Atom(std::move(text)) {
    for (std::size_t at = 0; at < ids.size(); at += keys) items_.emplace_back(std::span(ids).subspan(at, keys));
  }

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    if (row.p >= 0) append_clipped(items_[items_.size() == 1 ? 0 : row.b].keys_of(row.p), limit, out);
  }
  bool varies_by_batch(const MaskShape& shape) const override { return items_.size() > 1 || !all_equal(shape.offsets); }

 private:
  std::vector<ItemSegments> items_;
};

class Segments : public Atom {
 public:
  Segments(std::string text, std::string where) : Atom(std::move(text)), where_(std::move(where)) {}

  // Only bound segments have rows.
  void append_row(const Row& /*row*/, KeyRange /*limit*/, std::vector<KeyRange>& /*out*/) const override {}

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    if (shape.segments.empty() && shape.keys > 0)
      throw usage_error(where_, "segments: the input has no 'segments', one id for each key");
    // (B, S), or (S) for all.
    const bool by_item = shape.batch > 1 && shape.segments.size() == shape.batch * shape.keys;
    const std::size_t count = by_item ? shape.keys : shape.segments.size();
    check_covered(shape, where_, "segments: the input has " + counted(count, "id"), static_cast<std::int64_t>(count),
                  true);
    return std::make_shared<BoundSegments>(text(), shape.segments, shape.keys);
  }

 private:
  std::string where_;
};

}  // namespace

NodePtr segments(std::string text, std::string where) {
  return std::make_shared<Segments>(std::move(text), std::move(where));
}

}  // namespace attn::mask_detail
