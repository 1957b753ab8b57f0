// Cells in SVG: rectangles as paths, or an image.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "render/geometry.hpp"

namespace attn {

/// The start of a path element of a colour; `data` and `"/>` follow.
std::string path_start(Rgb color);
/// A rectangle's path data: `M` to its corner, or `m` from the corner of the rectangle before it.
void append_rectangle(std::string& data, const PixelBox& box, const PixelBox* before);

/// One path for each colour, in order of appearance. Neighbours of one colour are one rectangle: those of a row, and
/// rows below each other that have the same. Nothing if that takes more than `most` characters.
std::optional<std::string> cells_as_paths(const Cells& cells, std::size_t most);

/// One image element with a PNG of the pixels that the cells have, so that it is exact in its own size even where a
/// program smooths images. (A pixel a cell would be blurred there, and packs little better.)
std::string cells_as_image(const Cells& cells);

}  // namespace attn
