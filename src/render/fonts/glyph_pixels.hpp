// Glyphs as the pixels of a picture.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "render/fonts/face.hpp"
#include "render/fonts/outline.hpp"

namespace attn {

/// How a glyph stands among the pixels.
struct GlyphPlace {
  double size = 0;     ///< pixels an em
  double angle = 0;    ///< degrees counter-clockwise about its origin
  double shift_x = 0;  ///< its origin from the corner of a pixel, 0 to 1
  double shift_y = 0;  ///< likewise, downwards
};

/// A rectangle of pixels with a glyph: how much of each it covers, or, of a glyph in colours, the colours.
struct GlyphPixels {
  int left = 0;  ///< of the corner from the glyph's origin, pixels; y grows downwards
  int top = 0;
  int width = 0;
  int height = 0;
  std::vector<unsigned char> coverage;                ///< 0 to 255, row by row; empty of a glyph in colours
  std::vector<std::array<std::uint8_t, 4>> colors{};  ///< red, green, blue, opacity; colours are times opacity
};

/// In the colour of the text.
GlyphPixels draw_outline(Outline outline, double em, const GlyphPlace& place);
/// Layers from the lowest up; `ink` is the colour of the text.
GlyphPixels draw_layers(const Face& face, const std::vector<ColorLayer>& layers, Rgb ink, const GlyphPlace& place);
/// Each pixel is the mean of the stored ones that it covers.
GlyphPixels draw_pixels(const PixelGlyph& stored, const GlyphPlace& place);

}  // namespace attn
