// Cubic interpolation of a table over a grid, one axis after the other.
#include "model/grid_positions.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/cubic.hpp"

namespace attn::model {
namespace {

struct Tap {
  std::size_t at;
  double weight;
};

// What each place of the new axis is made of. Without `smooth`, places past the ends are those at the ends; with it
// they do not count.
std::vector<std::vector<Tap>> taps(std::size_t from, std::size_t to, bool smooth) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), stretch = smooth ? std::max(1.0, scale) : 1;
  const double a = smooth ? -0.5 : -0.75, support = 2 * stretch;
  std::vector<std::vector<Tap>> all(to);
  for (std::size_t i = 0; i < to; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto begin = static_cast<std::ptrdiff_t>(std::floor(center - support + 0.5));
    const auto end = static_cast<std::ptrdiff_t>(std::floor(center + support + 0.5));
    const auto last = static_cast<std::ptrdiff_t>(from) - 1;
    double sum = 0;
    for (std::ptrdiff_t k = begin; k <= end; ++k) {
      const double weight = cubic((static_cast<double>(k) + 0.5 - center) / stretch, a);
      if (weight == 0 || (smooth && (k < 0 || k > last))) continue;
      all[i].push_back({static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(k, 0, last)), weight});
      sum += weight;
    }
    if (smooth)
      for (Tap& tap : all[i]) tap.weight /= sum;
  }
  return all;
}

template <class T>
Tensor stretched(const Tensor& table, std::size_t columns, const std::vector<std::vector<Tap>>& down,
                 const std::vector<std::vector<Tap>>& along) {
  const std::size_t width = table.extent(-1);
  Tensor result(dtype_of<T>, {down.size() * along.size(), width});
  std::vector<double> sums(width);
  for (std::size_t y = 0; y < down.size(); ++y)
    for (std::size_t x = 0; x < along.size(); ++x) {
      std::fill(sums.begin(), sums.end(), 0.0);
      for (const Tap& row : down[y])
        for (const Tap& column : along[x]) {
          const T* const from = table.values<T>().data() + (row.at * columns + column.at) * width;
          for (std::size_t c = 0; c < width; ++c) sums[c] += row.weight * column.weight * static_cast<double>(from[c]);
        }
      T* const to = result.values<T>().data() + (y * along.size() + x) * width;
      for (std::size_t c = 0; c < width; ++c) to[c] = static_cast<T>(sums[c]);
    }
  return result;
}

}  // namespace

Tensor stretched_positions(const Tensor& table, std::size_t rows, std::size_t columns, std::size_t new_rows,
                           std::size_t new_columns, bool smooth) {
  const auto down = taps(rows, new_rows, smooth), along = taps(columns, new_columns, smooth);
  return table.dtype() == DType::f64 ? stretched<double>(table, columns, down, along)
                                     : stretched<float>(table, columns, down, along);
}

}  // namespace attn::model
