// Area-weighted means in one pass over the matrix: each row is pooled, then added to the boxes it lies in.
#include "render/pool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace attn {
namespace {

// How one axis of `extent` cells falls into `boxes`: cell i gives `share` to box `box`, the rest to the next.
struct Place {
  std::size_t box = 0;
  double share = 1;
};

std::vector<Place> places(std::size_t extent, std::size_t boxes) {
  std::vector<Place> places(extent);
  for (std::size_t i = 0; i < extent; ++i) {
    // In units of 1/extent of a box everything is a whole number, and so exact.
    const std::size_t start = i * boxes;
    const std::size_t box = start / extent;
    const std::size_t until_next = (box + 1) * extent - start;
    places[i] = {box, until_next >= boxes ? 1 : static_cast<double>(until_next) / static_cast<double>(boxes)};
  }
  return places;
}

// A sum of finite values and of their weights.
struct Mean {
  double sum = 0;
  double weight = 0;
};

template <class T>
Grid pool_values(std::span<const T> values, std::size_t rows, std::size_t columns, Grid grid) {
  const std::vector<Place> row_places = places(rows, grid.rows);
  const std::vector<Place> column_places = places(columns, grid.columns);
  std::vector<Mean> pooled_row(grid.columns + 1);
  std::vector<Mean> boxes((grid.rows + 1) * grid.columns);
  for (std::size_t i = 0; i < rows; ++i) {
    std::fill(pooled_row.begin(), pooled_row.end(), Mean{});
    const T* const row = values.data() + i * columns;
    for (std::size_t j = 0; j < columns; ++j) {
      const auto value = static_cast<double>(row[j]);
      if (!std::isfinite(value)) continue;
      const Place place = column_places[j];
      Mean& here = pooled_row[place.box];
      here.sum += place.share * value;
      here.weight += place.share;
      if (place.share == 1) continue;
      Mean& next = pooled_row[place.box + 1];
      next.sum += (1 - place.share) * value;
      next.weight += 1 - place.share;
    }
    const Place place = row_places[i];
    Mean* const here = boxes.data() + place.box * grid.columns;
    for (std::size_t j = 0; j < grid.columns; ++j) {
      here[j].sum += place.share * pooled_row[j].sum;
      here[j].weight += place.share * pooled_row[j].weight;
      if (place.share == 1) continue;
      here[grid.columns + j].sum += (1 - place.share) * pooled_row[j].sum;
      here[grid.columns + j].weight += (1 - place.share) * pooled_row[j].weight;
    }
  }
  grid.values.resize(grid.rows * grid.columns);
  for (std::size_t k = 0; k < grid.values.size(); ++k)
    grid.values[k] = boxes[k].weight > 0 ? boxes[k].sum / boxes[k].weight : std::numeric_limits<double>::quiet_NaN();
  return grid;
}

template <class T>
Grid pool_or_copy(const Tensor& matrix, Grid grid) {
  const std::span<const T> values = matrix.values<T>();
  const std::size_t rows = matrix.extent(0);
  const std::size_t columns = matrix.extent(1);
  if (grid.rows < rows || grid.columns < columns) return pool_values<T>(values, rows, columns, std::move(grid));
  grid.values.assign(values.begin(), values.end());
  return grid;
}

}  // namespace

Grid pool(const Tensor& matrix, std::size_t max_rows, std::size_t max_columns) {
  Grid grid{std::min(matrix.extent(0), max_rows), std::min(matrix.extent(1), max_columns), {}};
  switch (matrix.dtype()) {
    case DType::f32: return pool_or_copy<float>(matrix, std::move(grid));
    case DType::f64: return pool_or_copy<double>(matrix, std::move(grid));
    case DType::u8: return pool_or_copy<std::uint8_t>(matrix, std::move(grid));
  }
  return grid;
}

}  // namespace attn
