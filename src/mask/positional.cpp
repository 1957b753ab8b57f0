// Atoms that compare the positions of query and key: windows, global positions, blocks and strides.
#include <algorithm>
#include <utility>

#include "mask/atoms.hpp"
#include "mask/bits.hpp"
#include "mask/combine.hpp"
#include "mask/grid_shape.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

// The quotient rounded down, also for numbers below 0.
std::int64_t floor_divide(std::int64_t number, std::int64_t divisor) {
  return number / divisor - (number % divisor < 0 ? 1 : 0);
}

class Window : public Atom {
 public:
  Window(std::string text, std::int64_t left, std::int64_t right, bool bottom_right)
      : Atom(std::move(text)), left_(left), right_(right), bottom_right_(bottom_right) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    append_range(out, overlap(limit, around(row.i + offset(row.shape, row.b), limit)));
  }

  // Decoding a single query at the end of a cache is the usual case in which nothing is hidden.
  NodePtr bind(const NodePtr& self, const MaskShape& shape) const override {
    const KeyRange keys{0, key_count(shape)};
    for (std::size_t b = 0; b < shape.batch; ++b) {
      const std::int64_t first = offset(shape, b);
      for (const std::int64_t position : {first, first + query_count(shape) - 1})
        if (overlap(keys, around(position, keys)) != keys) return self;
    }
    return all_keys();
  }

  bool varies_by_batch(const MaskShape& shape) const override {
    return !all_equal(bottom_right_ ? shape.key_lengths : shape.offsets);
  }

 private:
  std::int64_t offset(const MaskShape& shape, std::size_t b) const {
    return bottom_right_ ? key_length(shape, b) - query_count(shape) : of_item(shape.offsets, b);
  }
  KeyRange around(std::int64_t position, KeyRange all) const {
    return {left_ < 0 ? all.begin : position - left_, right_ < 0 ? all.end : position + right_ + 1};
  }

  std::int64_t left_;
  std::int64_t right_;
  bool bottom_right_;
};

class GlobalPositions : public Atom {
 public:
  GlobalPositions(std::string text, std::vector<std::int64_t> positions) : Atom(std::move(text)) {
    std::sort(positions.begin(), positions.end());
    ranges_ = ranges_of(positions);
    positions_ = std::move(positions);
  }

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const std::int64_t zero = origin(row.shape, row.b);
    if (std::binary_search(positions_.begin(), positions_.end(), row.p - zero)) {
      append_range(out, limit);
    } else if (zero == 0) {
      append_clipped(ranges_, limit, out);
    } else {
      ScratchRanges ranges;
      append_clipped(ranges_, {limit.begin - zero, limit.end - zero}, *ranges);
      for (const KeyRange range : *ranges) append_range(out, {range.begin + zero, range.end + zero});
    }
  }
  bool varies_by_batch(const MaskShape& shape) const override { return positions_vary(shape); }
  std::string note(const MaskShape& shape, const std::vector<std::string>& /*all*/) const override {
    return note_of_origin(shape, text());
  }

 private:
  std::vector<std::int64_t> positions_;
  std::vector<KeyRange> ranges_;
};

class SameBlock : public Atom {
 public:
  SameBlock(std::string text, std::int64_t size, bool from_start)
      : Atom(std::move(text)), size_(size), from_start_(from_start) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    const MaskShape& shape = row.shape;
    const std::int64_t zero =
        from_start_ && !shape.key_starts.empty() ? of_item(shape.key_starts, row.b) : origin(shape, row.b);
    const std::int64_t first = zero + floor_divide(row.p - zero, size_) * size_;
    append_range(out, overlap(limit, {first, first + size_}));
  }
  bool varies_by_batch(const MaskShape& shape) const override {
    return positions_vary(shape) || (from_start_ && !all_equal(shape.key_starts));
  }
  std::string note(const MaskShape& shape, const std::vector<std::string>& /*all*/) const override {
    return from_start_ ? "" : note_of_origin(shape, text());
  }

 private:
  std::int64_t size_;
  bool from_start_;
};

class Dilated : public Atom {
 public:
  Dilated(std::string text, std::int64_t reach, std::int64_t step) : Atom(std::move(text)), reach_(reach), step_(step) {
    if (step < word_bits)
      for (std::int64_t first = 0; first < step; ++first) {
        Word word = 0;
        for (std::int64_t k = first; k < word_bits; k += step) word |= Word{1} << k;
        words_.push_back(word);
      }
  }

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    limit = within_reach(row, limit);
    if (step_ == 1) return append_range(out, limit);
    for (std::int64_t k = first_from(limit.begin, row); k < limit.end; k += step_) append_range(out, {k, k + 1});
  }

  void set_row_bits(const Row& row, KeyRange limit, Word* bits) const override {
    limit = within_reach(row, limit);
    if (limit.begin >= limit.end) return;
    if (words_.empty()) {
      for (std::int64_t k = first_from(limit.begin, row); k < limit.end; k += step_)
        bits[word_of(k)] |= Word{1} << (k % word_bits);
      return;
    }
    // From word to word the first key moves to the left by what is left of 64 keys.
    const std::int64_t word_begin = limit.begin / word_bits * word_bits, shift = word_bits % step_;
    std::int64_t first = first_from(word_begin, row) - word_begin;
    for_words(limit, [&](std::size_t w, Word mask) {
      bits[w] |= words_[static_cast<std::size_t>(first)] & mask;
      first += first < shift ? step_ - shift : -shift;
    });
  }

  NodePtr bind(const NodePtr& self, const MaskShape& /*shape*/) const override {
    return reach_ < 0 && step_ == 1 ? all_keys() : self;
  }
  bool varies_by_batch(const MaskShape& shape) const override { return !all_equal(shape.offsets); }
  bool scattered() const override { return true; }
  double ranges_a_row(const MaskShape& shape) const override {
    const auto keys = static_cast<double>(shape.keys);
    const double reached = reach_ < 0 ? keys : std::min(keys, 2 * static_cast<double>(reach_) + 1);
    return 1 + reached / static_cast<double>(step_);
  }

 private:
  KeyRange within_reach(const Row& row, KeyRange limit) const {
    return reach_ < 0 ? limit : overlap(limit, {row.p - reach_, row.p + reach_ + 1});
  }
  // The first key from `begin` on that the step leads to.
  std::int64_t first_from(std::int64_t begin, const Row& row) const {
    return row.p - floor_divide(row.p - begin, step_) * step_;
  }

  std::int64_t reach_;
  std::int64_t step_;
  std::vector<Word> words_;  // of steps below 64: the bits of a word, by the first of them
};

}  // namespace

NodePtr window(std::string text, std::int64_t left, std::int64_t right, bool bottom_right) {
  return std::make_shared<Window>(std::move(text), left, right, bottom_right);
}

NodePtr global_positions(std::string text, std::vector<std::int64_t> positions) {
  return std::make_shared<GlobalPositions>(std::move(text), std::move(positions));
}

NodePtr same_block(std::string text, std::int64_t size, bool from_start) {
  return std::make_shared<SameBlock>(std::move(text), size, from_start);
}

NodePtr dilated(std::string text, std::int64_t reach, std::int64_t step) {
  return std::make_shared<Dilated>(std::move(text), reach, step);
}

}  // namespace attn::mask_detail
