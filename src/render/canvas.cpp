// Fills boxes, copies cells, and blends glyphs into pixels.
#include "render/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <tuple>

#include "render/geometry.hpp"

namespace attn {
namespace {

using Index = std::ptrdiff_t;

// Glyphs stand at quarters of a pixel: finer is not seen, and coarser makes letters dance.
constexpr int phases = 4;

class Canvas {
 public:
  Canvas(const Scene& scene, const Font& font)
      : font_(font),
        width_(static_cast<Index>(scene.width)),
        height_(static_cast<Index>(scene.height)),
        pixels_{scene.width, scene.height, std::vector<std::uint8_t>(3 * scene.width * scene.height)} {
    fill({0, 0, width_, height_}, scene.background);
  }

  void operator()(const FilledBox& filled) { fill(pixels_of(filled.box), filled.color); }
  void operator()(const Line& line) { fill(pixels_of(line), line.color); }

  void operator()(const Cells& cells) {
    const CellEdges edges = edges_of(cells);
    for (std::size_t i = 0; i < cells.rows; ++i)
      for (std::size_t j = 0; j < cells.columns; ++j)
        fill({edges.x[j], edges.y[i], edges.x[j + 1], edges.y[i + 1]}, cells.colors[i * cells.columns + j]);
  }

  void operator()(const ImageBox& image) { (*this)(image.pixels); }

  void operator()(const Text& text) {
    const double radians = text.angle * std::numbers::pi / 180;
    const double cosine = std::cos(radians);
    const double sine = std::sin(radians);
    double along = 0;  // from the anchor to the start of the baseline
    if (text.horizontal != HorizontalAnchor::start)
      along = -font_.width(text.text, text.size) * (text.horizontal == HorizontalAnchor::center ? 0.5 : 1);
    const Point baseline = baseline_of(text, font_);
    for (const PlacedGlyph& placed : font_.place(text.text, text.size)) {
      const double offset = along + placed.offset;
      blend(placed, text, baseline.x + offset * cosine - placed.rise * sine,
            baseline.y - offset * sine - placed.rise * cosine);
    }
  }

  // The drawn picture leaves the canvas.
  Image release() { return std::move(pixels_); }

 private:
  void fill(const PixelBox& box, Rgb color) {
    const Index x0 = std::clamp<Index>(box.left, 0, width_);
    const Index x1 = std::clamp<Index>(box.right, x0, width_);
    const Index y0 = std::clamp<Index>(box.top, 0, height_);
    const Index y1 = std::clamp<Index>(box.bottom, y0, height_);
    for (Index y = y0; y < y1; ++y) {
      std::uint8_t* pixel = at(x0, y);
      for (Index x = x0; x < x1; ++x) {
        *pixel++ = color.r;
        *pixel++ = color.g;
        *pixel++ = color.b;
      }
    }
  }

  void blend(const PlacedGlyph& glyph, const Text& text, double x, double y) {
    const double column = std::floor(x);
    const double row = std::floor(y);
    const int phase_x = static_cast<int>((x - column) * phases);
    const int phase_y = static_cast<int>((y - row) * phases);
    const GlyphPixels& bitmap = cached(glyph, text, phase_x, phase_y);
    const Index left = static_cast<Index>(column) + bitmap.left;
    const Index top = static_cast<Index>(row) + bitmap.top;
    for (Index i = std::max<Index>(0, -top); i < std::min<Index>(bitmap.height, height_ - top); ++i)
      for (Index j = std::max<Index>(0, -left); j < std::min<Index>(bitmap.width, width_ - left); ++j) {
        const auto k = static_cast<std::size_t>(i * bitmap.width + j);
        if (bitmap.colors.empty())
          cover(at(left + j, top + i), text.color, bitmap.coverage[k]);
        else
          cover(at(left + j, top + i), bitmap.colors[k]);
      }
  }

  static void cover(std::uint8_t* pixel, Rgb color, int coverage) {
    if (coverage == 0) return;
    const auto mix = [coverage](std::uint8_t under, std::uint8_t over) {
      return static_cast<std::uint8_t>((under * (255 - coverage) + over * coverage + 127) / 255);
    };
    pixel[0] = mix(pixel[0], color.r);
    pixel[1] = mix(pixel[1], color.g);
    pixel[2] = mix(pixel[2], color.b);
  }

  // A colour that is times its opacity already.
  static void cover(std::uint8_t* pixel, const std::array<std::uint8_t, 4>& over) {
    for (std::size_t c = 0; c < 3; ++c)
      pixel[c] = static_cast<std::uint8_t>(std::min(255, (pixel[c] * (255 - over[3]) + 127) / 255 + over[c]));
  }

  const GlyphPixels& cached(const PlacedGlyph& glyph, const Text& text, int phase_x, int phase_y) {
    const Rgb ink = text.color;
    const auto [found, is_new] = glyphs_.try_emplace(
        {glyph.face, glyph.glyph, text.size, text.angle, phase_x * phases + phase_y, ink.r << 16 | ink.g << 8 | ink.b});
    if (is_new)
      found->second = font_.rasterize(
          glyph, {text.size, text.angle, phase_x / static_cast<double>(phases), phase_y / static_cast<double>(phases)},
          ink);
    return found->second;
  }

  std::uint8_t* at(Index x, Index y) { return pixels_.rgb.data() + 3 * (y * width_ + x); }

  const Font& font_;
  Index width_;
  Index height_;
  Image pixels_;
  std::map<std::tuple<std::size_t, std::uint32_t, double, double, int, int>, GlyphPixels> glyphs_;
};

}  // namespace

Image rasterize(const Scene& scene, const Font& font) {
  Canvas canvas(scene, font);
  for (const Shape2D& shape : scene.shapes) std::visit(canvas, shape);
  return canvas.release();
}

}  // namespace attn
