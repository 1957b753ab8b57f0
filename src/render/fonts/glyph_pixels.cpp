// Draws outlines, coloured layers and stored pixels at a size, an angle and a place between pixels.
#include "render/fonts/glyph_pixels.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace attn {
namespace {

// From font units to pixels. Turning the outline rather than the pixels keeps turned text as sharp as any.
Outline::Transform to_pixels(double em, const GlyphPlace& place) {
  const double radians = place.angle * std::numbers::pi / 180;
  const double scale = place.size / em;
  const double cosine = std::cos(radians) * scale, sine = std::sin(radians) * scale;
  return {cosine, -sine, sine, cosine, place.shift_x, -place.shift_y};
}

// Puts a colour of this opacity over what is there.
void blend(std::array<std::uint8_t, 4>& under, Rgb color, double opacity) {
  const std::array<double, 4> over{color.r * opacity, color.g * opacity, color.b * opacity, 255 * opacity};
  for (std::size_t c = 0; c < under.size(); ++c)
    under[c] = static_cast<std::uint8_t>(std::min(255.0, under[c] * (1 - opacity) + over[c] + 0.5));
}

}  // namespace

GlyphPixels draw_outline(Outline outline, double em, const GlyphPlace& place) {
  outline.transform(to_pixels(em, place));
  Coverage coverage = coverage_of(outline);
  return {coverage.left, coverage.top, coverage.width, coverage.height, std::move(coverage.shares)};
}

GlyphPixels draw_layers(const Face& face, const std::vector<ColorLayer>& layers, Rgb ink, const GlyphPlace& place) {
  std::vector<GlyphPixels> drawn;
  int left = 0, top = 0, right = 0, bottom = 0;
  for (const ColorLayer& layer : layers) {
    const GlyphPixels& last = drawn.emplace_back(draw_outline(face.outline(layer.glyph), face.em(), place));
    left = std::min(left, last.left);
    top = std::min(top, last.top);
    right = std::max(right, last.left + last.width);
    bottom = std::max(bottom, last.top + last.height);
  }
  GlyphPixels pixels{left, top, right - left, bottom - top, {}};
  pixels.colors.resize(static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.height));
  for (std::size_t k = 0; k < layers.size(); ++k) {
    const GlyphPixels& layer = drawn[k];
    const Rgb color = layers[k].color.value_or(ink);
    for (int y = 0; y < layer.height; ++y)
      for (int x = 0; x < layer.width; ++x) {
        const double share = layer.coverage[static_cast<std::size_t>(y) * static_cast<std::size_t>(layer.width) +
                                            static_cast<std::size_t>(x)] /
                             255.0;
        const int column = layer.left + x - left, row = layer.top + y - top;
        blend(pixels.colors[static_cast<std::size_t>(row) * static_cast<std::size_t>(pixels.width) +
                            static_cast<std::size_t>(column)],
              color, share * layers[k].opacity);
      }
  }
  return pixels;
}

GlyphPixels draw_pixels(const PixelGlyph& stored, const GlyphPlace& place) {
  // The corners say which pixels there are to fill.
  Outline frame;
  const double left = stored.left, right = left + static_cast<double>(stored.width);
  const double top = -stored.top, bottom = top - static_cast<double>(stored.height);
  frame.move_to({left, bottom});
  frame.line_to({right, bottom});
  frame.line_to({right, top});
  frame.line_to({left, top});
  frame.close();
  const Outline::Transform turn = to_pixels(stored.em, place);
  frame.transform(turn);
  const Outline::Bounds bounds = frame.bounds();
  GlyphPixels pixels;
  pixels.left = static_cast<int>(std::floor(bounds.left));
  pixels.top = static_cast<int>(std::floor(-bounds.top));
  pixels.width = static_cast<int>(std::ceil(bounds.right)) - pixels.left;
  pixels.height = static_cast<int>(std::ceil(-bounds.bottom)) - pixels.top;

  // Points of a grid within each pixel, as dense as the stored pixels, look up what lies there.
  const double scale = place.size / stored.em;
  const int grid = std::clamp(static_cast<int>(std::ceil(1 / scale)), 4, 16);
  const double square = scale * scale;
  for (int row = 0; row < pixels.height; ++row)
    for (int column = 0; column < pixels.width; ++column) {
      std::array<long, 4> sums{};
      for (int k = 0; k < grid * grid; ++k) {
        const double x = pixels.left + column + (k % grid + 0.5) / grid - turn.x0;
        const double y = -(pixels.top + row + (k / grid + 0.5) / grid) - turn.y0;
        // The matrix turns and scales: its inverse turns back.
        const double u = std::floor((turn.xx * x + turn.yx * y) / square - left);
        const double v = std::floor(top - (turn.xy * x + turn.yy * y) / square);
        if (u < 0 || v < 0 || u >= static_cast<double>(stored.width) || v >= static_cast<double>(stored.height))
          continue;
        const auto& pixel = stored.pixels[static_cast<std::size_t>(v) * stored.width + static_cast<std::size_t>(u)];
        for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += pixel[c];
      }
      const long count = static_cast<long>(grid) * grid;
      std::array<std::uint8_t, 4> mean{};
      for (std::size_t c = 0; c < sums.size(); ++c) mean[c] = static_cast<std::uint8_t>((sums[c] + count / 2) / count);
      pixels.colors.push_back(mean);
    }
  return pixels;
}

}  // namespace attn
