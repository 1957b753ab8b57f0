// The canvas: draws a scene's shapes into pixels.
#pragma once

#include "attn/image.hpp"
#include "render/font.hpp"
#include "render/scene.hpp"

namespace attn {

/// Draws the scene. Boxes, lines and cells have whole pixels: their edges are rounded, and a line is at
/// least one pixel wide. Text is anti-aliased; unturned text stands on whole pixel rows.
Image rasterize(const Scene& scene, const Font& font);

}  // namespace attn
