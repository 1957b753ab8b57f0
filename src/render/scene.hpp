// The scene: what a picture shows, as a list of shapes that any format can draw.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "core/counted_vector.hpp"
#include "render/color.hpp"

namespace attn {

/// A rectangle. Lengths are pixels, x to the right and y downwards from the picture's corner.
struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

struct FilledBox {
  Box box;
  Rgb color;
};

/// A straight horizontal or vertical line.
struct Line {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  double width = 1;
  Rgb color;
};

/// Rows × columns of colours that fill a box, without smoothing.
struct Cells {
  Box box;
  std::size_t rows = 0;
  std::size_t columns = 0;
  CountedVector<Rgb> colors;  ///< (rows, columns)
};

/// A picture within the picture: cells that are its pixels.
struct ImageBox {
  Cells pixels;
};

/// Which point of a text lies at its anchor, in the text's own, unturned frame.
enum class HorizontalAnchor { start, center, end };
enum class VerticalAnchor {
  top,     ///< of capitals
  middle,  ///< half-way up the capitals
  baseline,
};

struct Text {
  std::string text;  ///< UTF-8
  double x = 0;      ///< the anchor
  double y = 0;
  double size = 10;  ///< pixels per em
  Rgb color;
  HorizontalAnchor horizontal = HorizontalAnchor::start;
  VerticalAnchor vertical = VerticalAnchor::baseline;
  double angle = 0;  ///< degrees counter-clockwise about the anchor
};

using Shape2D = std::variant<FilledBox, Line, Cells, ImageBox, Text>;

/// A picture; later shapes cover earlier ones.
struct Scene {
  std::size_t width = 0;
  std::size_t height = 0;
  double dpi = 100;
  Rgb background;
  std::vector<Shape2D> shapes;
  std::string title;        ///< what the picture is, in a few words, for those who do not see it
  std::string description;  ///< what it shows
};

}  // namespace attn
