// Puts in the axes that are missing.
#include "core/leading_axes.hpp"

#include <algorithm>
#include <cstddef>

namespace attn {

Shape shape_for_pictures(std::span<const Axis> leading, const Shape& shape) {
  std::size_t extents[] = {1, 1, 1};
  std::size_t first = 3;
  for (std::size_t a = 0; a < leading.size(); ++a) {
    const std::size_t place = leading[a] == Axis::layer ? 0 : leading[a] == Axis::batch ? 1 : 2;
    extents[place] = shape[a];
    first = std::min(first, place);
  }
  Shape all(extents + first, extents + 3);
  all.insert(all.end(), shape.begin() + static_cast<std::ptrdiff_t>(leading.size()), shape.end());
  return all;
}

}  // namespace attn
