// Bands: rows of a mask summed up box by box, for counts of tiles and for the cells of pictures.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "attn/mask.hpp"
#include "mask/bits.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {

/// Equal parts of the keys' axis (the last one may be shorter) in units that make every length a whole number: a key
/// is `key` units long, a box `box`. Tiles of 64 keys are {1, 64}, n boxes of S keys {n, S}.
struct BoxUnits {
  std::size_t key = 1;
  std::size_t box = 1;
};

/// Units that some rows attend in each box, a row's counted `weight` times. A range covers most of its boxes whole:
/// those are noted where they begin and end, so that a range costs the same however long it is.
///
/// Sum is std::int64_t, or double where sums of products may pass its range.
template <class Sum>
class Band {
 public:
  Band(std::size_t keys, BoxUnits units)
      : units_(units),
        length_(keys * units.key),
        partial_((length_ + units.box - 1) / units.box),
        whole_(partial_.size() + 1) {}

  std::size_t boxes() const { return partial_.size(); }
  /// Units of a box.
  std::size_t width(std::size_t box) const { return std::min(units_.box, length_ - box * units_.box); }

  void add(KeyRange range, Sum weight) {
    const std::size_t begin = static_cast<std::size_t>(range.begin) * units_.key;
    const std::size_t end = static_cast<std::size_t>(range.end) * units_.key;
    const std::size_t first = begin / units_.box, last = (end - 1) / units_.box;
    if (first == last) {
      partial_[first] += weight * static_cast<Sum>(end - begin);
      return;
    }
    partial_[first] += weight * static_cast<Sum>((first + 1) * units_.box - begin);
    partial_[last] += weight * static_cast<Sum>(end - last * units_.box);
    whole_[first + 1] += weight;
    whole_[last] -= weight;
  }

  /// A row of bits, none of them set past the last key.
  void add(const Word* bits, Sum weight) {
    if constexpr (std::is_same_v<Sum, std::int64_t>)
      if (units_.key == 1 && units_.box == word_bits && weight == 1)
        return add_counts({bits, boxes()}, partial_.data());
    for (std::size_t box = 0; box < boxes(); ++box) {
      const std::size_t begin = box * units_.box, end = begin + width(box);
      const std::size_t first = begin / units_.key, last = (end - 1) / units_.key;
      const std::size_t whole_begin = (begin + units_.key - 1) / units_.key, whole_end = end / units_.key;
      Sum sum = static_cast<Sum>(count_bits(bits, {signed_of(whole_begin), signed_of(whole_end)}) * units_.key);
      // The keys at the ends that lie in the neighbouring boxes too.
      if (first < whole_begin && has_bit(bits, signed_of(first)))
        sum += static_cast<Sum>(std::min((first + 1) * units_.key, end) - begin);
      if (last >= whole_end && last >= whole_begin && has_bit(bits, signed_of(last)))
        sum += static_cast<Sum>(end - last * units_.key);
      partial_[box] += weight * sum;
    }
  }

  /// Calls visit(box, units) for every box in order, and clears them all.
  template <class Visit>
  void drain(Visit visit) {
    Sum open = 0;
    for (std::size_t box = 0; box < boxes(); ++box) {
      open += whole_[box];
      visit(box, partial_[box] + open * static_cast<Sum>(width(box)));
    }
    std::fill(partial_.begin(), partial_.end(), Sum(0));
    std::fill(whole_.begin(), whole_.end(), Sum(0));
  }

 private:
  static std::int64_t signed_of(std::size_t n) { return static_cast<std::int64_t>(n); }

  BoxUnits units_;
  std::size_t length_;
  std::vector<Sum> partial_;  // of each box: ranges that begin or end in it
  std::vector<Sum> whole_;    // of each box: ranges that cover it whole, as differences
};

/// Counts of what few ranges of some rows attend in each of very many boxes, of which only those are kept where a range
/// begins or ends: its time and memory are those of the ranges, however many keys there are.
class SparseBand {
 public:
  SparseBand(std::size_t keys, std::size_t box) : keys_(keys), box_(box) {}

  void add(KeyRange range) {
    const auto begin = static_cast<std::size_t>(range.begin), end = static_cast<std::size_t>(range.end);
    std::size_t first = begin / box_;
    const std::size_t last = end / box_;
    if (begin % box_ != 0) {
      changes_.push_back({first, signed_of(std::min((first + 1) * box_, end) - begin), 0});
      ++first;
    }
    if (first < last) {
      changes_.push_back({first, 0, 1});
      changes_.push_back({last, 0, -1});
    }
    if (first <= last && end % box_ != 0) changes_.push_back({last, signed_of(end - last * box_), 0});
  }

  /// Calls visit(boxes, width, attended) for boxes in order, neighbours of one width and one count at once, and clears
  /// them all.
  template <class Visit>
  void drain(Visit visit) {
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) { return a.box < b.box; });
    std::int64_t covering = 0;  // ranges, the box whole
    std::size_t next = 0;
    for (auto change = changes_.begin(); change != changes_.end();) {
      visit_covered(next, change->box, covering, visit);
      next = change->box;
      std::int64_t parts = 0;
      for (; change != changes_.end() && change->box == next; ++change) {
        parts += change->part;
        covering += change->covering;
      }
      // Where the last range ends with the keys there is no box any more.
      if (next * box_ < keys_) visit(std::size_t{1}, width(next), parts + covering * signed_of(width(next)));
      ++next;
    }
    visit_covered(next, (keys_ + box_ - 1) / box_, covering, visit);
    changes_.clear();
  }

 private:
  struct Change {
    std::size_t box;
    std::int64_t part;      // attended in it by ranges that begin or end in it
    std::int64_t covering;  // ranges that cover it and the following whole, more than before
  };

  static std::int64_t signed_of(std::size_t n) { return static_cast<std::int64_t>(n); }
  std::size_t width(std::size_t box) const { return std::min(box_, keys_ - box * box_); }

  // Boxes in which no range begins or ends; the last of all may be shorter than the others.
  template <class Visit>
  void visit_covered(std::size_t begin, std::size_t end, std::int64_t covering, const Visit& visit) const {
    if (begin >= end) return;
    const std::size_t last = width(end - 1), others = end - begin - 1;
    if (others != 0) visit(others, box_, covering * signed_of(box_));
    visit(std::size_t{1}, last, covering * signed_of(last));
  }

  std::size_t keys_, box_;
  std::vector<Change> changes_;
};

}  // namespace attn::mask_detail
