// Helpers of the render tests: matrices, decoded PNGs, and what errors say.
#pragma once

#include <string>
#include <vector>

#include "attn/error.hpp"
#include "attn/picture.hpp"
#include "attn/selection.hpp"
#include "attn/terminal.hpp"
#include "render/color.hpp"
#include "render/scene.hpp"
#include "support/catch.hpp"

namespace attn::test {

/// (rows, columns) of float32.
Tensor matrix(std::size_t rows, std::size_t columns, const std::vector<float>& values);
/// Different values 0 … 1 in no order, the same every time.
Tensor varied(std::size_t rows, std::size_t columns);
/// One panel without labels.
Heatmap heatmap_of(Tensor values);

/// The heatmap as the bytes of a PNG.
std::string render_png(const Heatmap& heatmap);

/// A PNG's pixels.
struct Decoded {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<unsigned char> rgb;

  Rgb at(double x, double y) const;
  /// Pixels in the box that are not of this color.
  std::size_t ink(const Box& box, Rgb background) const;
};
Decoded decode_png(const std::string& bytes);

/// The shapes of one kind, in order.
template <class Shape>
std::vector<Shape> shapes_of(const Scene& scene) {
  std::vector<Shape> found;
  for (const Shape2D& shape : scene.shapes)
    if (const auto* match = std::get_if<Shape>(&shape)) found.push_back(*match);
  return found;
}

/// What a heatmap is drawn as with the font that is built in, and where the cells of its first panel lie.
Scene scene_of(const Heatmap& heatmap);
Box cells_of(const Heatmap& heatmap);

/// "WHERE: WHAT" of the attn::Error that `work` throws; fails if it throws none of this kind.
template <class Work>
std::string error_of(ErrorKind kind, Work work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.where() + ": " + error.what();
  }
  FAIL("no error was thrown");
  return "";
}

}  // namespace attn::test
