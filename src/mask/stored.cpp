// Masks that are stored as bytes, broadcast to the scores' shape.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "mask/array_shapes.hpp"
#include "mask/atoms.hpp"
#include "mask/bits.hpp"
#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

enum Axis : std::size_t { batch, head, query, key, axes };

// Elements to step over for the next index of an axis; 0 where the mask is broadcast.
using Strides = std::array<std::size_t, axes>;

// The atom that reads a path, in quotes where the parser would end it early.
std::string file_atom(const std::string& path) {
  if (path.find_first_of(" \t\r\n\f\v&|()\"\\") == std::string::npos) return "file:" + path;
  std::string text = "file:\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

// The first byte from `from` on that is not 0, or `to`. Eight bytes at a time: masks have long runs.
const std::uint8_t* find_set(const std::uint8_t* from, const std::uint8_t* to) {
  for (std::uint64_t word = 0; to - from >= 8; from += 8) {
    std::memcpy(&word, from, 8);
    if (word != 0) break;
  }
  return std::find_if(from, to, [](std::uint8_t byte) { return byte != 0; });
}

const std::uint8_t* find_clear(const std::uint8_t* from, const std::uint8_t* to) {
  const void* clear = from == to ? nullptr : std::memchr(from, 0, static_cast<std::size_t>(to - from));
  return clear == nullptr ? to : static_cast<const std::uint8_t*>(clear);
}

class BoundStored : public Atom {
 public:
  BoundStored(std::string text, std::shared_ptr<const Tensor> mask, Strides strides)
      : Atom(std::move(text)), mask_(std::move(mask)), strides_(strides) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const std::uint8_t* const bytes = bytes_of(row);
    if (strides_[key] == 0) {
      if (*bytes != 0) append_range(out, limit);
      return;
    }
    const std::uint8_t* const end = bytes + limit.end;
    for (const std::uint8_t* set = find_set(bytes + limit.begin, end); set != end;) {
      const std::uint8_t* const clear = find_clear(set, end);
      append_range(out, {set - bytes, clear - bytes});
      set = find_set(clear, end);
    }
  }

  void set_row_bits(const Row& row, KeyRange limit, Word* bits) const override {
    const std::uint8_t* const bytes = bytes_of(row);
    if (strides_[key] == 0) {
      if (*bytes != 0) set_bits(limit, bits);
      return;
    }
    for (std::int64_t k = limit.begin; k < limit.end; ++k)
      bits[word_of(k)] |= Word{bytes[k] != 0 ? 1U : 0U} << (k % word_bits);
  }

  bool varies_by_batch(const MaskShape& /*shape*/) const override { return strides_[batch] != 0; }
  bool varies_by_head() const override { return strides_[head] != 0; }
  bool scattered() const override { return true; }
  // As it comes; bytes have to be read in any case.
  double ranges_a_row(const MaskShape& shape) const override {
    return strides_[key] == 0 ? 1 : static_cast<double>(shape.keys) / 4;
  }

 private:
  const std::uint8_t* bytes_of(const Row& row) const {
    return mask_->values<std::uint8_t>().data() + row.b * strides_[batch] + row.h * strides_[head] +
           static_cast<std::size_t>(row.i) * strides_[query];
  }

  std::shared_ptr<const Tensor> mask_;
  Strides strides_;
};

// A mask of the keys after the cached ones, which every query may attend.
class AfterCached : public Atom {
 public:
  AfterCached(NodePtr of_new, std::size_t cached)
      : Atom(of_new->text()), of_new_(std::move(of_new)), cached_(static_cast<std::int64_t>(cached)) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    append_range(out, overlap(limit, {0, cached_}));
    if (limit.end <= cached_) return;
    ScratchRanges ranges;
    of_new_->append_row(row, {std::max<std::int64_t>(limit.begin - cached_, 0), limit.end - cached_}, *ranges);
    for (const KeyRange range : *ranges) append_range(out, {range.begin + cached_, range.end + cached_});
  }

  bool varies_by_batch(const MaskShape& shape) const override { return of_new_->varies_by_batch(shape); }
  bool varies_by_head() const override { return of_new_->varies_by_head(); }
  bool scattered() const override { return true; }
  double ranges_a_row(const MaskShape& shape) const override { return of_new_->ranges_a_row(shape); }

 private:
  NodePtr of_new_;
  std::int64_t cached_;
};

class Stored : public Atom {
 public:
  Stored(const std::string& where, Tensor mask, bool of_all_keys)
      : Atom(file_atom(where)),
        where_(where),
        mask_(std::make_shared<const Tensor>(std::move(mask))),
        of_all_keys_(of_all_keys) {
    if (mask_->dtype() != DType::u8)
      throw data_error(where_, "a mask holds 0 and 1, not numbers of type " + std::string(dtype_name(mask_->dtype())));
  }

  // Only bound masks have rows.
  void append_row(const Row& /*row*/, KeyRange /*limit*/, std::vector<KeyRange>& /*out*/) const override {}

  NodePtr bind(const NodePtr& /*self*/, const MaskShape& shape) const override {
    const std::size_t cached = shape.masks_are_of_new_keys && !of_all_keys_ ? shape.cached_keys : 0;
    const std::array<std::size_t, axes> extents{shape.batch, shape.heads, shape.queries, shape.keys - cached};
    const Shape& own = mask_->shape();
    const std::vector<Axis> scores_axes = scores_axes_of(extents, shape.rank3_is_batch);
    if (own.size() > scores_axes.size()) throw mismatch(scores_axes, extents, shape);
    Strides strides{};
    std::size_t stride = 1;
    for (std::size_t n = 1; n <= own.size(); ++n) {
      const std::size_t extent = own[own.size() - n];
      const Axis axis = scores_axes[scores_axes.size() - n];
      if (extent != 1 && extent != extents[axis]) throw mismatch(scores_axes, extents, shape);
      if (extent != 1) strides[axis] = stride;
      stride *= extent;
    }
    const NodePtr bound = std::make_shared<BoundStored>(text(), mask_, strides);
    return cached == 0 ? bound : std::make_shared<AfterCached>(bound, cached);
  }

  std::string note(const MaskShape& shape, const std::vector<std::string>& /*all*/) const override {
    return note_of_rank2(mask_->shape(), {shape.batch, shape.queries, mask_->rank() == 2 ? mask_->extent(1) : 0},
                         "the mask of " + where_);
  }

 private:
  // The scores' axes as this mask sees them: leading axes of one item that it does not name are left
  // out, so that a (3, 4) mask is told of (5, 6) scores rather than of (1, 1, 5, 6).
  std::vector<Axis> scores_axes_of(const std::array<std::size_t, axes>& extents, bool rank3_is_batch) const {
    std::vector<Axis> seen{batch, head, query, key};
    if (rank3_is_batch && mask_->rank() <= 3) seen = {batch, query, key};
    const std::size_t least = std::max<std::size_t>(mask_->rank(), 2);
    while (seen.size() > least && extents[seen.front()] == 1) seen.erase(seen.begin());
    return seen;
  }

  Error mismatch(const std::vector<Axis>& scores_axes, const std::array<std::size_t, axes>& extents,
                 const MaskShape& shape) const {
    Shape scores;
    for (const Axis axis : scores_axes) scores.push_back(extents[axis]);
    const Shape& own = mask_->shape();
    const bool of_new = shape.cached_keys != 0 && extents[key] == shape.keys && !own.empty() &&
                        own.back() == shape.keys - shape.cached_keys;
    std::string advice = advice_of_shape(own, {shape.batch, shape.queries, extents[key]}, !shape.rank3_is_batch);
    if (advice.empty() && of_new)
      advice = "; it has the new keys alone: " + option_name("mask_of") + " new lets every query attend the " +
               std::to_string(shape.cached_keys) + " cached ones";
    return data_error(where_, "the mask's shape " + shape_text(own) + " does not broadcast to the scores' " +
                                  shape_text(scores) + advice);
  }

  std::string where_;
  std::shared_ptr<const Tensor> mask_;
  bool of_all_keys_;
};

}  // namespace

NodePtr stored(const std::string& where, Tensor tensor, bool of_all_keys) {
  return std::make_shared<Stored>(where, std::move(tensor), of_all_keys);
}

}  // namespace attn::mask_detail
