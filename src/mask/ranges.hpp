// Algebra on sorted, disjoint key ranges.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "attn/mask.hpp"

namespace attn::mask_detail {

/// Appends a range that does not begin before the last one of `out`; the two become one where they
/// overlap or touch. An empty range adds nothing.
inline void append_range(std::vector<KeyRange>& out, KeyRange range) {
  if (range.begin >= range.end) return;
  if (!out.empty() && range.begin <= out.back().end) {
    if (range.end > out.back().end) out.back().end = range.end;
    return;
  }
  out.push_back(range);
}

/// The keys that both ranges hold; `begin` ≥ `end` if there are none.
inline KeyRange overlap(KeyRange a, KeyRange b) {
  return {a.begin > b.begin ? a.begin : b.begin, a.end < b.end ? a.end : b.end};
}

/// Appends the union of two lists.
void append_union(std::span<const KeyRange> a, std::span<const KeyRange> b, std::vector<KeyRange>& out);

/// Appends the keys of `limit` that `ranges`, which lie within it, leave out.
void append_complement(std::span<const KeyRange> ranges, KeyRange limit, std::vector<KeyRange>& out);

/// The ranges of sorted numbers, neighbours in one range.
std::vector<KeyRange> ranges_of(std::span<const std::int64_t> sorted);

/// Appends the part of a sorted list that lies within `limit`.
void append_clipped(std::span<const KeyRange> ranges, KeyRange limit, std::vector<KeyRange>& out);

/// An empty list for as long as a block lasts, without an allocation once its thread is warm: every
/// thread keeps a stack of them.
class ScratchRanges {
 public:
  ScratchRanges();
  ~ScratchRanges();
  ScratchRanges(const ScratchRanges&) = delete;
  ScratchRanges& operator=(const ScratchRanges&) = delete;

  std::vector<KeyRange>& operator*() { return ranges_; }
  std::vector<KeyRange>* operator->() { return &ranges_; }

 private:
  std::vector<KeyRange>& ranges_;
};

}  // namespace attn::mask_detail
