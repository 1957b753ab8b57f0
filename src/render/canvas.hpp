// The canvas: draws a scene's shapes into pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "render/font.hpp"
#include "render/scene.hpp"

namespace attn {

/// 8-bit RGB pixels, row by row.
struct Pixels {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> rgb;
};

/// Draws the scene. Boxes, lines and cells have whole pixels: their edges are rounded, and a line is at
/// least one pixel wide. Text is anti-aliased; unturned text stands on whole pixel rows.
Pixels rasterize(const Scene& scene, const Font& font);

}  // namespace attn
