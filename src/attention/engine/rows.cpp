// Key ranges of a block of rows: gathering, hulls and coverage of tiles.
#include "attention/engine/rows.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace attn {

void BlockRows::gather(const BoundMask* mask, std::size_t b, std::size_t h, std::size_t i0, std::size_t i1,
                       std::size_t keys) {
  const KeyRange all{0, static_cast<std::int64_t>(keys)};
  if ((mask == nullptr || mask->unrestricted()) && keys != 0) {
    ranges_.assign(i1 - i0, all);
    starts_.resize(i1 - i0 + 1);
    std::iota(starts_.begin(), starts_.end(), std::size_t{0});
    summary_ = {true, all, all};
    return;
  }
  ranges_.clear();
  starts_.assign(1, 0);
  for (std::size_t i = i0; i < i1; ++i) {
    if (keys != 0) {
      mask->row(b, h, i, one_row_);
      ranges_.insert(ranges_.end(), one_row_.begin(), one_row_.end());
    }
    starts_.push_back(ranges_.size());
  }
  summarize();
}

void BlockRows::summarize() {
  constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max();
  summary_ = {ranges_.size() == rows(), {0, far}, {far, 0}};
  for (std::size_t r = 0; r < rows() && summary_.known; ++r) {
    summary_.known = row(r).size() == 1;
    if (!summary_.known) return;
    const KeyRange range = row(r)[0];
    summary_.all = {std::max(summary_.all.begin, range.begin), std::min(summary_.all.end, range.end)};
    summary_.any = {std::min(summary_.any.begin, range.begin), std::max(summary_.any.end, range.end)};
  }
}

KeyRange BlockRows::hull(std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end) const {
  const KeyRange& any = summary_.any;
  if (summary_.known && r0 == 0 && r1 == rows() && begin <= any.begin && any.end <= end) return any;
  KeyRange hull{end, begin};
  for (std::size_t r = r0; r < r1; ++r) {
    for_shown(r, begin, end, [&](std::int64_t j0, std::int64_t j1) {
      hull.begin = std::min(hull.begin, j0);
      hull.end = std::max(hull.end, j1);
    });
  }
  return hull.begin < hull.end ? hull : KeyRange{begin, begin};
}

Coverage BlockRows::coverage(std::size_t r0, std::size_t r1, std::int64_t begin, std::int64_t end) const {
  if (summary_.known && begin < end) {
    if (begin >= summary_.all.begin && end <= summary_.all.end) return Coverage::full;
    if (end <= summary_.any.begin || begin >= summary_.any.end) return Coverage::empty;
  }
  bool any_shown = false, any_hidden = false;
  for (std::size_t r = r0; r < r1 && !(any_shown && any_hidden); ++r) {
    for_shown(r, begin, end, [&](std::int64_t, std::int64_t) { any_shown = true; });
    for_hidden(r, begin, end, [&](std::int64_t, std::int64_t) { any_hidden = true; });
  }
  if (!any_shown) return Coverage::empty;
  return any_hidden ? Coverage::partial : Coverage::full;
}

}  // namespace attn
