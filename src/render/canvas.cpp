// Fills boxes, copies cells, and blends glyphs into pixels.
#include "render/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <tuple>

namespace attn {
namespace {

using Index = std::ptrdiff_t;

Index rounded(double length) { return static_cast<Index>(std::lround(length)); }

// Glyphs stand at quarters of a pixel: finer is not seen, and coarser makes letters dance.
constexpr int phases = 4;

class Canvas {
 public:
  Canvas(const Scene& scene, const Font& font)
      : font_(font),
        width_(static_cast<Index>(scene.width)),
        height_(static_cast<Index>(scene.height)),
        pixels_{scene.width, scene.height, std::vector<std::uint8_t>(3 * scene.width * scene.height)} {
    fill(0, 0, width_, height_, scene.background);
  }

  void operator()(const FilledBox& filled) {
    const Box& box = filled.box;
    fill(rounded(box.x), rounded(box.y), rounded(box.right()), rounded(box.bottom()), filled.color);
  }

  void operator()(const Line& line) {
    const Index thickness = std::max<Index>(1, rounded(line.width));
    const Index x0 = rounded(std::min(line.x0, line.x1) - 0.5 * static_cast<double>(thickness));
    const Index y0 = rounded(std::min(line.y0, line.y1) - 0.5 * static_cast<double>(thickness));
    const Index length_x = rounded(std::abs(line.x1 - line.x0));
    const Index length_y = rounded(std::abs(line.y1 - line.y0));
    fill(x0, y0, x0 + std::max(length_x, thickness), y0 + std::max(length_y, thickness), line.color);
  }

  void operator()(const Cells& cells) {
    const Index left = rounded(cells.box.x);
    const Index top = rounded(cells.box.y);
    const double width = static_cast<double>(rounded(cells.box.right()) - left) / static_cast<double>(cells.columns);
    const double height = static_cast<double>(rounded(cells.box.bottom()) - top) / static_cast<double>(cells.rows);
    for (std::size_t i = 0; i < cells.rows; ++i) {
      const Index y0 = top + rounded(static_cast<double>(i) * height);
      const Index y1 = top + rounded(static_cast<double>(i + 1) * height);
      for (std::size_t j = 0; j < cells.columns; ++j)
        fill(left + rounded(static_cast<double>(j) * width), y0, left + rounded(static_cast<double>(j + 1) * width), y1,
             cells.colors[i * cells.columns + j]);
    }
  }

  void operator()(const ImageBox& image) {
    const Index left = rounded(image.box.x), right = rounded(image.box.right());
    const Index top = rounded(image.box.y), bottom = rounded(image.box.bottom());
    const auto nearest = [](Index at, Index extent, std::size_t pixels) {
      return static_cast<std::size_t>(2 * at + 1) * pixels / static_cast<std::size_t>(2 * extent);
    };
    for (Index y = top; y < bottom; ++y)
      for (Index x = left; x < right; ++x)
        fill(x, y, x + 1, y + 1,
             image.pixels[nearest(y - top, bottom - top, image.height) * image.width +
                          nearest(x - left, right - left, image.width)]);
  }

  void operator()(const Text& text) {
    const double radians = text.angle * std::numbers::pi / 180;
    const double cosine = std::cos(radians);
    const double sine = std::sin(radians);
    // From the anchor to the start of the baseline, in the text's frame.
    double along = 0;
    if (text.horizontal != HorizontalAnchor::start)
      along = -font_.width(text.text, text.size) * (text.horizontal == HorizontalAnchor::center ? 0.5 : 1);
    double down = 0;
    if (text.vertical != VerticalAnchor::baseline)
      down = font_.cap_height(text.size) * (text.vertical == VerticalAnchor::middle ? 0.5 : 1);
    const double x = text.x + along * cosine + down * sine;
    double y = text.y - along * sine + down * cosine;
    if (text.angle == 0) y = std::round(y);
    for (const PlacedGlyph& placed : font_.place(text.text, text.size))
      blend(placed.glyph, text, x + placed.offset * cosine, y - placed.offset * sine);
  }

  // The drawn picture leaves the canvas.
  Pixels release() { return std::move(pixels_); }

 private:
  void fill(Index x0, Index y0, Index x1, Index y1, Rgb color) {
    x0 = std::clamp<Index>(x0, 0, width_);
    x1 = std::clamp<Index>(x1, x0, width_);
    y0 = std::clamp<Index>(y0, 0, height_);
    y1 = std::clamp<Index>(y1, y0, height_);
    for (Index y = y0; y < y1; ++y) {
      std::uint8_t* pixel = at(x0, y);
      for (Index x = x0; x < x1; ++x) {
        *pixel++ = color.r;
        *pixel++ = color.g;
        *pixel++ = color.b;
      }
    }
  }

  void blend(int glyph, const Text& text, double x, double y) {
    const double column = std::floor(x);
    const double row = std::floor(y);
    const int phase_x = static_cast<int>((x - column) * phases);
    const int phase_y = static_cast<int>((y - row) * phases);
    const Font::Bitmap& bitmap = cached(glyph, text, phase_x, phase_y);
    const Index left = static_cast<Index>(column) + bitmap.left;
    const Index top = static_cast<Index>(row) + bitmap.top;
    for (Index i = std::max<Index>(0, -top); i < std::min<Index>(bitmap.height, height_ - top); ++i)
      for (Index j = std::max<Index>(0, -left); j < std::min<Index>(bitmap.width, width_ - left); ++j) {
        const int coverage = bitmap.coverage[static_cast<std::size_t>(i * bitmap.width + j)];
        if (coverage == 0) continue;
        std::uint8_t* pixel = at(left + j, top + i);
        const auto mix = [coverage](std::uint8_t under, std::uint8_t over) {
          return static_cast<std::uint8_t>((under * (255 - coverage) + over * coverage + 127) / 255);
        };
        pixel[0] = mix(pixel[0], text.color.r);
        pixel[1] = mix(pixel[1], text.color.g);
        pixel[2] = mix(pixel[2], text.color.b);
      }
  }

  const Font::Bitmap& cached(int glyph, const Text& text, int phase_x, int phase_y) {
    const auto [found, is_new] = glyphs_.try_emplace({glyph, text.size, text.angle, phase_x * phases + phase_y});
    if (is_new)
      found->second = font_.rasterize(glyph, text.size, text.angle, phase_x / static_cast<double>(phases),
                                      phase_y / static_cast<double>(phases));
    return found->second;
  }

  std::uint8_t* at(Index x, Index y) { return pixels_.rgb.data() + 3 * (y * width_ + x); }

  const Font& font_;
  Index width_;
  Index height_;
  Pixels pixels_;
  std::map<std::tuple<int, double, double, int>, Font::Bitmap> glyphs_;
};

}  // namespace

Pixels rasterize(const Scene& scene, const Font& font) {
  Canvas canvas(scene, font);
  for (const Shape2D& shape : scene.shapes) std::visit(canvas, shape);
  return canvas.release();
}

}  // namespace attn
