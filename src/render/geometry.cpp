// Rounds edges, and moves anchors to baselines.
#include "render/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attn {
namespace {

using Index = std::ptrdiff_t;

Index rounded(double length) { return static_cast<Index>(std::lround(length)); }

// `count` equal parts of start … end, which are rounded first, so that cells fill their frame.
std::vector<Index> equal_parts(double start, double end, std::size_t count) {
  const Index first = rounded(start);
  const double part = static_cast<double>(rounded(end) - first) / static_cast<double>(count);
  std::vector<Index> edges(count + 1);
  for (std::size_t k = 0; k <= count; ++k) edges[k] = first + rounded(static_cast<double>(k) * part);
  return edges;
}

}  // namespace

PixelBox pixels_of(const Box& box) {
  return {rounded(box.x), rounded(box.y), rounded(box.right()), rounded(box.bottom())};
}

PixelBox pixels_of(const Line& line) {
  const Index thickness = std::max<Index>(1, rounded(line.width));
  const Index left = rounded(std::min(line.x0, line.x1) - 0.5 * static_cast<double>(thickness));
  const Index top = rounded(std::min(line.y0, line.y1) - 0.5 * static_cast<double>(thickness));
  const Index length_x = rounded(std::abs(line.x1 - line.x0));
  const Index length_y = rounded(std::abs(line.y1 - line.y0));
  return {left, top, left + std::max(length_x, thickness), top + std::max(length_y, thickness)};
}

CellEdges edges_of(const Cells& cells) {
  return {equal_parts(cells.box.x, cells.box.right(), cells.columns),
          equal_parts(cells.box.y, cells.box.bottom(), cells.rows)};
}

Point baseline_of(const Text& text, const Font& font) {
  double down = 0;
  if (text.vertical != VerticalAnchor::baseline)
    down = font.cap_height(text.size) * (text.vertical == VerticalAnchor::middle ? 0.5 : 1);
  const double radians = text.angle * std::numbers::pi / 180;
  const double x = text.x + down * std::sin(radians);
  const double y = text.y + down * std::cos(radians);
  return {x, text.angle == 0 ? std::round(y) : y};
}

}  // namespace attn
