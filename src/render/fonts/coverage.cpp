// Covers pixels with an outline, by the signed areas that its edges have to their right.
#include <algorithm>
#include <cmath>

#include "render/fonts/outline.hpp"

namespace attn {
namespace {

constexpr double flatness = 0.02;  // pixels

/// For each row, what each pixel's coverage adds to that of the pixel before it. An edge that goes down through a row
/// adds the part of the row that it passes, shared between the pixels that it crosses and the next by the area that
/// lies to its right; an edge that goes up takes it away. The sum along a row is then how often, and by how much of
/// them, pixels are wound around.
class Differences {
 public:
  Differences(int width, int height)
      : width_(width), height_(height), row_(static_cast<std::size_t>(width) + 2), cells_(row_ * rows()) {}

  /// x to the right and y down from the corner; all of the edge lies within.
  void add_edge(double x0, double y0, double x1, double y1) {
    if (y0 == y1) return;
    const double sign = y0 < y1 ? 1 : -1;
    if (y0 > y1) {
      std::swap(x0, x1);
      std::swap(y0, y1);
    }
    const double slope = (x1 - x0) / (y1 - y0);
    const int last = std::min(height_ - 1, static_cast<int>(std::ceil(y1)) - 1);
    for (int row = std::max(0, static_cast<int>(std::floor(y0))); row <= last; ++row) {
      const double above = std::max(y0, static_cast<double>(row)), below = std::min(y1, row + 1.0);
      if (below <= above) continue;
      const auto at = [&](double y) { return std::clamp(x0 + (y - y0) * slope, 0.0, static_cast<double>(width_)); };
      add_part(cells_.data() + row_ * static_cast<std::size_t>(row), at(above), at(below), sign * (below - above));
    }
  }

  std::vector<unsigned char> shares() const {
    std::vector<unsigned char> shares;
    shares.reserve(static_cast<std::size_t>(width_) * rows());
    for (std::size_t row = 0; row < rows(); ++row) {
      double sum = 0;
      for (std::size_t column = 0; column < static_cast<std::size_t>(width_); ++column) {
        sum += cells_[row * row_ + column];
        shares.push_back(static_cast<unsigned char>(std::min(std::abs(sum), 1.0) * 255 + 0.5));
      }
    }
    return shares;
  }

 private:
  std::size_t rows() const { return static_cast<std::size_t>(height_); }

  // The part of an edge within one row, of this signed height.
  static void add_part(double* cells, double x0, double x1, double height) {
    const double left = std::min(x0, x1), right = std::max(x0, x1);
    const auto first = static_cast<std::size_t>(left);
    if (right <= static_cast<double>(first) + 1) {
      const double past = (left + right) / 2 - static_cast<double>(first);  // of the first pixel, before the edge
      cells[first] += height * (1 - past);
      cells[first + 1] += height * past;
      return;
    }
    const double per_pixel = height / (right - left);
    for (std::size_t pixel = first; static_cast<double>(pixel) < right; ++pixel) {
      const double from = std::max(left, static_cast<double>(pixel));
      const double to = std::min(right, static_cast<double>(pixel) + 1);
      const double part = per_pixel * (to - from);
      const double past = (from + to) / 2 - static_cast<double>(pixel);
      cells[pixel] += part * (1 - past);
      cells[pixel + 1] += part * past;
    }
  }

  int width_;
  int height_;
  std::size_t row_;  // cells of a row: one more than pixels, and one for an edge at the very right
  std::vector<double> cells_;
};

}  // namespace

Coverage coverage_of(const Outline& outline) {
  Coverage coverage;
  if (outline.empty()) return coverage;
  const Outline::Bounds bounds = outline.bounds();
  coverage.left = static_cast<int>(std::floor(bounds.left));
  coverage.top = static_cast<int>(std::floor(-bounds.top));
  coverage.width = static_cast<int>(std::ceil(bounds.right)) - coverage.left;
  coverage.height = static_cast<int>(std::ceil(-bounds.bottom)) - coverage.top;
  Differences differences(coverage.width, coverage.height);
  for (const Outline::Segment& s : outline.segments()) {
    // The second differences say how far a cubic is from its chords.
    const double bend_x =
        std::max(std::abs(s.from.x - 2 * s.first.x + s.second.x), std::abs(s.first.x - 2 * s.second.x + s.to.x));
    const double bend_y =
        std::max(std::abs(s.from.y - 2 * s.first.y + s.second.y), std::abs(s.first.y - 2 * s.second.y + s.to.y));
    const int parts = std::max(1, static_cast<int>(std::ceil(std::sqrt(0.75 * (bend_x + bend_y) / flatness))));
    OutlinePoint before = s.from;
    for (int k = 1; k <= parts; ++k) {
      OutlinePoint next = s.to;
      if (k < parts) {
        const double t = static_cast<double>(k) / parts, u = 1 - t;
        const double a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
        next = {a * s.from.x + b * s.first.x + c * s.second.x + d * s.to.x,
                a * s.from.y + b * s.first.y + c * s.second.y + d * s.to.y};
      }
      differences.add_edge(before.x - coverage.left, -before.y - coverage.top, next.x - coverage.left,
                           -next.y - coverage.top);
      before = next;
    }
  }
  coverage.shares = differences.shares();
  return coverage;
}

}  // namespace attn
