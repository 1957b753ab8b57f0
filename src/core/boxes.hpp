// Boxes: how the cells of an axis fall into a smaller number of equal parts.
#pragma once

#include <cstddef>
#include <vector>

namespace attn {

/// Where a cell of an axis lies. In units of 1/boxes of a cell every length is a whole number: a cell is `boxes` long,
/// a box is `extent` long.
struct Place {
  std::size_t box = 0;   ///< the box that it begins in
  std::size_t here = 0;  ///< units that lie in it; the rest of the cell lies in the next
};

/// Of each of `extent` cells, for 1 … `extent` boxes.
inline std::vector<Place> places(std::size_t extent, std::size_t boxes) {
  std::vector<Place> places(extent);
  for (std::size_t i = 0; i < extent; ++i) {
    const std::size_t start = i * boxes;
    const std::size_t box = start / extent;
    const std::size_t until_next = (box + 1) * extent - start;
    places[i] = {box, until_next < boxes ? until_next : boxes};
  }
  return places;
}

}  // namespace attn
