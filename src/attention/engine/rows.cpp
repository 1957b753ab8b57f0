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
  summary_ = common(0, rows());
}

BlockRows::Common BlockRows::common(std::size_t r0, std::size_t r1) const {
  constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max();
  Common common{starts_[r1] - starts_[r0] == r1 - r0, {0, far}, {far, 0}};
  for (std::size_t r = r0; r < r1 && common.known; ++r) {
    common.known = row(r).size() == 1;
    if (!common.known) break;
    const KeyRange range = row(r)[0];
    common.all = {std::max(common.all.begin, range.begin), std::min(common.all.end, range.end)};
    common.any = {std::min(common.any.begin, range.begin), std::max(common.any.end, range.end)};
  }
  return common;
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

Coverage BlockRows::coverage(std::size_t r0, std::size_t r1, const Common& of, std::int64_t begin,
                             std::int64_t end) const {
  if (!of.known || begin >= end) return coverage(r0, r1, begin, end);
  if (begin >= of.all.begin && end <= of.all.end) return Coverage::full;
  return end <= of.any.begin || begin >= of.any.end ? Coverage::empty : Coverage::partial;
}

}  // namespace attn
