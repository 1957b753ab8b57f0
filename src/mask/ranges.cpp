// Unions and complements in one pass, and the threads' scratch lists.
#include "mask/ranges.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>

#include "core/thread_owned.hpp"

namespace attn::mask_detail {
namespace {

// A deque, because lists that are lent out must not move when the stack grows.
struct ScratchStack {
  std::deque<std::vector<KeyRange>> lists;
  std::size_t used = 0;

  std::vector<KeyRange>& lend() {
    if (used == lists.size()) lists.emplace_back();
    std::vector<KeyRange>& list = lists[used++];
    list.clear();
    return list;
  }
};

}  // namespace

void append_union(std::span<const KeyRange> a, std::span<const KeyRange> b, std::vector<KeyRange>& out) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) append_range(out, a[i].begin <= b[j].begin ? a[i++] : b[j++]);
  while (i < a.size()) append_range(out, a[i++]);
  while (j < b.size()) append_range(out, b[j++]);
}

void append_complement(std::span<const KeyRange> ranges, KeyRange limit, std::vector<KeyRange>& out) {
  std::int64_t begin = limit.begin;
  for (const KeyRange range : ranges) {
    append_range(out, {begin, range.begin});
    begin = range.end;
  }
  append_range(out, {begin, limit.end});
}

std::vector<KeyRange> ranges_of(std::span<const std::int64_t> sorted) {
  std::vector<KeyRange> ranges;
  for (const std::int64_t number : sorted) append_range(ranges, {number, number + 1});
  return ranges;
}

void append_clipped(std::span<const KeyRange> ranges, KeyRange limit, std::vector<KeyRange>& out) {
  auto range = std::partition_point(ranges.begin(), ranges.end(),
                                    [limit](const KeyRange& before) { return before.end <= limit.begin; });
  for (; range != ranges.end() && range->begin < limit.end; ++range) append_range(out, overlap(*range, limit));
}

ScratchRanges::ScratchRanges() : ranges_(thread_owned<ScratchStack>().lend()) {}
ScratchRanges::~ScratchRanges() { --thread_owned<ScratchStack>().used; }

}  // namespace attn::mask_detail
