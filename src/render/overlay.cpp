// Interpolates shares, and blends colours into pixels.
#include "render/overlay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/held_memory.hpp"

namespace attn {
namespace {

// The two cells along an axis that a pixel's centre lies between.
struct Between {
  std::size_t first = 0;
  std::size_t second = 0;
  double toward_second = 0;  // 0 … 1
  std::size_t nearest() const { return toward_second < 0.5 ? first : second; }
};

Between between(std::size_t pixel, std::size_t pixels, std::size_t cells) {
  const double at = (static_cast<double>(pixel) + 0.5) * static_cast<double>(cells) / static_cast<double>(pixels) - 0.5;
  const double inside = std::clamp(at, 0.0, static_cast<double>(cells - 1));
  const auto first = static_cast<std::size_t>(inside);
  return {first, std::min(first + 1, cells - 1), inside - static_cast<double>(first)};
}

double interpolated(const Shares& cells, const Between& row, const Between& column) {
  const auto at = [&](std::size_t i, std::size_t j) { return cells.values[i * cells.columns + j]; };
  if (std::isnan(at(row.nearest(), column.nearest()))) return std::numeric_limits<double>::quiet_NaN();
  const double down = row.toward_second, right = column.toward_second;
  const std::array<std::array<double, 2>, 4> corners{{{at(row.first, column.first), (1 - down) * (1 - right)},
                                                      {at(row.first, column.second), (1 - down) * right},
                                                      {at(row.second, column.first), down * (1 - right)},
                                                      {at(row.second, column.second), down * right}}};
  double sum = 0, weights = 0;
  for (const auto& [share, weight] : corners) {
    if (std::isnan(share)) continue;
    sum += weight * share;
    weights += weight;
  }
  return sum / weights;
}

std::uint8_t blended(std::uint8_t below, std::uint8_t above, double cover) {
  return static_cast<std::uint8_t>(std::lround((1 - cover) * below + cover * above));
}

}  // namespace

CountedVector<Rgb> overlaid(const Image& image, const Shares& cells, std::size_t width, std::size_t height,
                            const std::function<Rgb(double)>& color_of) {
  const Image below = resized(image, width, height);
  const HeldMemory held(below.rgb.size());
  std::vector<Between> columns(width);
  for (std::size_t x = 0; x < width; ++x) columns[x] = between(x, width, cells.columns);
  CountedVector<Rgb> pixels;
  pixels.reserve(width * height);
  const std::uint8_t* from = below.rgb.data();
  for (std::size_t y = 0; y < height; ++y) {
    const Between row = between(y, height, cells.rows);
    for (std::size_t x = 0; x < width; ++x, from += 3) {
      const double share = interpolated(cells, row, columns[x]);
      const Rgb color = color_of(share);
      const double cover = strongest_cover * (std::isnan(share) ? 1 : std::clamp(share, 0.0, 1.0));
      pixels.push_back(
          {blended(from[0], color.r, cover), blended(from[1], color.g, cover), blended(from[2], color.b, cover)});
    }
  }
  return pixels;
}

}  // namespace attn
