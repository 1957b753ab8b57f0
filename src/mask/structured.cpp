// Atoms that lay a structure over the positions: packed documents, a grid of patches, a tree of drafts.
#include <algorithm>
#include <utility>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "mask/atoms.hpp"
#include "mask/cumulative.hpp"
#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

class Documents : public Atom {
 public:
  Documents(std::string text, std::string where, std::vector<std::int64_t> lengths)
      : Atom(std::move(text)), where_(std::move(where)), lengths_(std::move(lengths)) {
    for (const std::int64_t length : lengths_) {
      const KeyRange document{covered_, covered_ + length};
      if (length > 0) documents_.push_back(document);
      covered_ = document.end;
    }
  }

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const auto own = std::partition_point(documents_.begin(), documents_.end(),
                                          [&row](const KeyRange& document) { return document.end <= row.p; });
    if (own != documents_.end() && row.p >= own->begin) append_range(out, overlap(limit, *own));
  }

  NodePtr bind(const NodePtr& self, const MaskShape& shape) const override {
    const std::string sum = "documents: the lengths sum to " + std::to_string(covered_);
    if (covered_ != key_count(shape) && are_cumulative(lengths_, key_count(shape)))
      throw usage_error(where_, sum + ", but the number of keys is " + std::to_string(shape.keys) +
                                    "; of these cumulative lengths it is documents:" + lengths_of_cumulative(lengths_));
    check_covered(shape, where_, sum, covered_, true);
    return self;
  }
  bool varies_by_batch(const MaskShape& shape) const override { return !all_equal(shape.offsets); }

 private:
  std::string where_;
  std::vector<std::int64_t> lengths_;
  std::vector<KeyRange> documents_;
  std::int64_t covered_ = 0;
};

class Grid : public Atom {
 public:
  Grid(std::string text, std::string where, std::int64_t height, std::int64_t width, std::int64_t reach)
      : Atom(std::move(text)), where_(std::move(where)), height_(height), width_(width), reach_(reach) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const std::int64_t zero = origin(row.shape, row.b), p = row.p - zero;
    if (p < 0 || limit.end <= zero) return;
    const std::int64_t y = p / width_, x = p % width_;
    const std::int64_t left = std::max<std::int64_t>(0, x - reach_), right = std::min(width_, x + reach_ + 1);
    const std::int64_t top = std::max({std::int64_t{0}, y - reach_, (limit.begin - zero) / width_});
    const std::int64_t bottom = std::min({height_, y + reach_ + 1, (limit.end - zero - 1) / width_ + 1});
    for (std::int64_t line = top; line < bottom; ++line)
      append_range(out, overlap(limit, {zero + line * width_ + left, zero + line * width_ + right}));
  }

  NodePtr bind(const NodePtr& self, const MaskShape& shape) const override {
    const std::int64_t positions = height_ * width_;
    check_covered(shape, where_,
                  "grid: " + std::to_string(height_) + "x" + std::to_string(width_) + " has " +
                      std::to_string(positions) + " positions",
                  positions, false);
    return self;
  }
  bool varies_by_batch(const MaskShape& shape) const override { return positions_vary(shape); }
  std::string note(const MaskShape& shape, const std::vector<std::string>& /*all*/) const override {
    return note_of_origin(shape, text());
  }

 private:
  std::string where_;
  std::int64_t height_;
  std::int64_t width_;
  std::int64_t reach_;
};

class Tree : public Atom {
 public:
  Tree(std::string text, std::string where, std::vector<std::int64_t> parents)
      : Atom(std::move(text)), where_(std::move(where)), parents_(std::move(parents)), chain_(parents_.size()) {
    for (std::size_t j = 0; j < parents_.size(); ++j) {
      const auto index = static_cast<std::int64_t>(j);
      chain_[j] = j > 0 && parents_[j] == index - 1 ? chain_[j - 1] : index;
    }
  }

  // From the leaf to the root, a chain of neighbours at a time; then the other way round.
  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    if (row.p < 0) return;
    ScratchRanges upwards;
    for (std::int64_t node = row.p; node >= limit.begin;) {
      const std::int64_t first = chain_[static_cast<std::size_t>(node)];
      upwards->push_back({first, node + 1});
      node = parents_[static_cast<std::size_t>(first)];
    }
    // std::views::reverse, which the check asks for, is nothing that Clang 14 can read.
    // NOLINTNEXTLINE(modernize-loop-convert)
    for (auto range = upwards->rbegin(); range != upwards->rend(); ++range) append_range(out, overlap(limit, *range));
  }

  NodePtr bind(const NodePtr& self, const MaskShape& shape) const override {
    const auto nodes = static_cast<std::int64_t>(parents_.size());
    check_covered(shape, where_, "tree: the list has " + counted(parents_.size(), "node"), nodes, true);
    return self;
  }
  bool varies_by_batch(const MaskShape& shape) const override { return !all_equal(shape.offsets); }

 private:
  std::string where_;
  std::vector<std::int64_t> parents_;
  std::vector<std::int64_t> chain_;  // of each node: the first of the chain of neighbours that ends at it
};

}  // namespace

NodePtr documents(std::string text, std::string where, std::vector<std::int64_t> lengths) {
  return std::make_shared<Documents>(std::move(text), std::move(where), std::move(lengths));
}

NodePtr grid(std::string text, std::string where, std::int64_t height, std::int64_t width, std::int64_t reach) {
  return std::make_shared<Grid>(std::move(text), std::move(where), height, width, reach);
}

NodePtr tree(std::string text, std::string where, std::vector<std::int64_t> parents) {
  return std::make_shared<Tree>(std::move(text), std::move(where), std::move(parents));
}

}  // namespace attn::mask_detail
