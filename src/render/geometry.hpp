// Where a scene's shapes lie to the pixel: the rules that every drawing of it shares.
#pragma once

#include <cstddef>
#include <vector>

#include "render/font.hpp"
#include "render/scene.hpp"

namespace attn {

/// Whole pixels: columns left … right - 1, rows top … bottom - 1.
struct PixelBox {
  std::ptrdiff_t left = 0;
  std::ptrdiff_t top = 0;
  std::ptrdiff_t right = 0;
  std::ptrdiff_t bottom = 0;
};

/// Edges are rounded.
PixelBox pixels_of(const Box& box);
/// A line is at least one pixel wide.
PixelBox pixels_of(const Line& line);

/// Between which pixels cells lie: cell (i, j) has columns x[j] … x[j + 1] - 1 and rows y[i] … y[i + 1] - 1.
struct CellEdges {
  std::vector<std::ptrdiff_t> x;  ///< columns + 1
  std::vector<std::ptrdiff_t> y;  ///< rows + 1
};
CellEdges edges_of(const Cells& cells);

/// A point of the picture, in pixels.
struct Point {
  double x = 0;
  double y = 0;
};
/// The text's anchor moved, in the text's own frame, down to the baseline; of unturned text onto a whole row of pixels.
Point baseline_of(const Text& text, const Font& font);

}  // namespace attn
