// Collects segments, and turns and measures them.
#include "render/fonts/outline.hpp"

#include <algorithm>

namespace attn {
namespace {

// The point at a fraction of the way.
OutlinePoint between(OutlinePoint a, OutlinePoint b, double fraction) {
  return {a.x + fraction * (b.x - a.x), a.y + fraction * (b.y - a.y)};
}

}  // namespace

void Outline::move_to(OutlinePoint to) {
  close();
  start_ = at_ = to;
  is_open_ = true;
}

void Outline::line_to(OutlinePoint to) { cubic_to(between(at_, to, 1.0 / 3), between(at_, to, 2.0 / 3), to); }

void Outline::conic_to(OutlinePoint control, OutlinePoint to) {
  cubic_to(between(at_, control, 2.0 / 3), between(to, control, 2.0 / 3), to);
}

void Outline::cubic_to(OutlinePoint first, OutlinePoint second, OutlinePoint to) {
  segments_.push_back({at_, first, second, to});
  at_ = to;
}

void Outline::close() {
  if (is_open_ && (at_.x != start_.x || at_.y != start_.y)) line_to(start_);
  is_open_ = false;
}

void Outline::transform(const Transform& by) {
  for (Segment& segment : segments_)
    for (OutlinePoint* point : {&segment.from, &segment.first, &segment.second, &segment.to})
      *point = {by.xx * point->x + by.xy * point->y + by.x0, by.yx * point->x + by.yy * point->y + by.y0};
}

void Outline::append(const Outline& other) {
  close();
  segments_.insert(segments_.end(), other.segments_.begin(), other.segments_.end());
}

Outline::Bounds Outline::bounds() const {
  if (segments_.empty()) return {};
  const OutlinePoint any = segments_.front().from;
  Bounds bounds{any.x, any.y, any.x, any.y};
  for (const Segment& segment : segments_)
    for (const OutlinePoint& point : {segment.from, segment.first, segment.second, segment.to}) {
      bounds.left = std::min(bounds.left, point.x);
      bounds.bottom = std::min(bounds.bottom, point.y);
      bounds.right = std::max(bounds.right, point.x);
      bounds.top = std::max(bounds.top, point.y);
    }
  return bounds;
}

}  // namespace attn
