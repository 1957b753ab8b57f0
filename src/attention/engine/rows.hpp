// The keys that a block of query rows may attend, gathered once for a block.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attn/task.hpp"

namespace attn {

/// How much of a tile may be attended.
enum class Coverage { empty, partial, full };

/// Key ranges of queries i0 … i1-1 of one batch item and head.
class BlockRows {
 public:
  /// Queries are those of the mask: of the whole problem. `mask` may be null: every key. Scratch is reused from call to
  /// call.
  void gather(const BoundMask* mask, std::size_t b, std::size_t h, std::size_t i0, std::size_t i1, std::size_t keys);
  /// Of rows r0 … r1-1 of the task's queries.
  template <class T>
  void gather(const AttentionTask<T>& task, std::size_t b, std::size_t h, std::size_t r0, std::size_t r1) {
    gather(task.pipeline.mask, b, h, task.operands.first_query + r0, task.operands.first_query + r1,
           task.operands.key.rows);
  }

  std::size_t rows() const { return starts_.size() - 1; }
  /// Of row r of the block.
  std::span<const KeyRange> row(std::size_t r) const {
    return {ranges_.data() + starts_[r], starts_[r + 1] - starts_[r]};
  }
  /// The least range that holds all keys of rows r0 … r1-1 within [begin, end); empty ones give begin == end.
  KeyRange hull(std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end) const;
  /// How rows r0 … r1-1 cover the keys [begin, end).
  Coverage coverage(std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end) const;

  /// Of some rows that have one range each: the keys that all may attend, and the least range that holds those that any
  /// may. Of other rows nothing is known.
  struct Common {
    bool known = false;
    KeyRange all, any;
  };
  Common common(std::size_t r0, std::size_t r1) const;
  /// The same as above, in less time if `of` is known of the rows; `partial` then also where they leave the keys out
  /// that lie between theirs.
  Coverage coverage(std::size_t r0, std::size_t r1, const Common& of, std::int64_t begin, std::int64_t end) const;

  /// Calls hide(j0, j1) for every stretch of [begin, end) that row r may not attend.
  template <class Hide>
  void for_hidden(std::size_t r, std::int64_t begin, std::int64_t end, Hide&& hide) const {
    std::int64_t at = begin;
    for (const KeyRange range : row_from(r, begin)) {
      if (range.begin >= end) break;
      if (range.begin > at) hide(at, std::min(range.begin, end));
      at = std::max(at, range.end);
    }
    if (at < end) hide(at, end);
  }

  /// Calls show(j0, j1) for every stretch of [begin, end) that row r may attend.
  template <class Show>
  void for_shown(std::size_t r, std::int64_t begin, std::int64_t end, Show&& show) const {
    for (const KeyRange range : row_from(r, begin)) {
      if (range.begin >= end) break;
      const std::int64_t j0 = std::max(range.begin, begin), j1 = std::min(range.end, end);
      if (j0 < j1) show(j0, j1);
    }
  }

 private:
  // The ranges of row r that end after a key: those of strided and random masks are too many to pass over.
  std::span<const KeyRange> row_from(std::size_t r, std::int64_t begin) const {
    constexpr std::size_t few = 8;
    const std::span<const KeyRange> all = row(r);
    if (all.size() <= few) return all;
    const auto first =
        std::partition_point(all.begin(), all.end(), [begin](const KeyRange& range) { return range.end <= begin; });
    return {first, all.end()};
  }

  Common summary_;  // of all rows
  std::vector<KeyRange> ranges_;
  std::vector<KeyRange> one_row_;
  std::vector<std::size_t> starts_{0};
};

}  // namespace attn
