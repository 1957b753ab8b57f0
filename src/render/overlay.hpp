// Overlays: colours of cells laid over an image, the stronger the higher on the scale.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "attn/image.hpp"
#include "core/counted_vector.hpp"
#include "render/color.hpp"

namespace attn {

/// (rows, columns) of shares of the colour scale, 0 … 1; NaN where a cell has no colour of its own.
struct Shares {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;
};

/// The most that a colour covers of the image.
inline constexpr double strongest_cover = 0.8;

/// `width` × `height` pixels of the image with the cells over it: a pixel's share is interpolated between the centres
/// of cells (bilinear, among those that have one), and `color_of` it covers the image by strongest_cover times the
/// share. A pixel whose nearest cell has none gets color_of(NaN), as strong as any.
CountedVector<Rgb> overlaid(const Image& image, const Shares& cells, std::size_t width, std::size_t height,
                            const std::function<Rgb(double)>& color_of);

}  // namespace attn
