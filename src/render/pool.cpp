// Area-weighted means, or maxima, in one pass over the matrix: a row is pooled, then added to the boxes it lies in.
#include "render/pool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "core/boxes.hpp"

namespace attn {
namespace {

// A sum of finite values and of their weights.
struct Mean {
  double sum = 0;
  double weight = 0;
};

// The boxes that a cell lies in along one axis, and the share of it that lies in each.
struct Parts {
  explicit Parts(const Place& place, std::size_t units)
      : box(place.box), here(static_cast<double>(place.here) / static_cast<double>(units)), next(place.here < units) {}
  std::size_t box;
  double here;
  bool next;  // the rest lies in the box after it
};

std::vector<Parts> parts(std::size_t extent, std::size_t boxes) {
  std::vector<Parts> all;
  for (const Place& place : places(extent, boxes)) all.emplace_back(place, boxes);
  return all;
}

// A matrix, and where a mask hides its cells (null: nowhere).
template <class T>
struct Source {
  const T* values;
  const std::uint8_t* masked;
  std::size_t rows, columns;

  bool hides(std::size_t cell) const { return masked != nullptr && masked[cell] != 0; }
};

template <class T>
Grid pool_means(const Source<T>& source, Grid grid) {
  const std::size_t rows = source.rows, columns = source.columns;
  const std::vector<Parts> row_parts = parts(rows, grid.rows);
  const std::vector<Parts> column_parts = parts(columns, grid.columns);
  std::vector<Mean> pooled_row(grid.columns + 1);
  // Cells come row by row: only the boxes of the row that they are in, and of the next one, are not done yet.
  std::vector<Mean> here(grid.columns), below(grid.columns);
  grid.values.reserve(grid.rows * grid.columns);
  const auto finish_row = [&] {
    for (const Mean& box : here)
      grid.values.push_back(box.weight > 0 ? box.sum / box.weight : std::numeric_limits<double>::quiet_NaN());
    here.swap(below);
    std::fill(below.begin(), below.end(), Mean{});
  };
  for (std::size_t i = 0; i < rows; ++i) {
    std::fill(pooled_row.begin(), pooled_row.end(), Mean{});
    const T* const row = source.values + i * columns;
    for (std::size_t j = 0; j < columns; ++j) {
      const auto value = static_cast<double>(row[j]);
      if (!std::isfinite(value) || source.hides(i * columns + j)) continue;
      const Parts& part = column_parts[j];
      Mean& here = pooled_row[part.box];
      here.sum += part.here * value;
      here.weight += part.here;
      if (!part.next) continue;
      Mean& next = pooled_row[part.box + 1];
      next.sum += (1 - part.here) * value;
      next.weight += 1 - part.here;
    }
    const Parts& part = row_parts[i];
    if (part.box != grid.values.size() / grid.columns) finish_row();
    for (std::size_t j = 0; j < grid.columns; ++j) {
      here[j].sum += part.here * pooled_row[j].sum;
      here[j].weight += part.here * pooled_row[j].weight;
      if (!part.next) continue;
      below[j].sum += (1 - part.here) * pooled_row[j].sum;
      below[j].weight += (1 - part.here) * pooled_row[j].weight;
    }
  }
  finish_row();
  return grid;
}

// Calls visit(box) for every box that a cell lies in.
template <class Visit>
void for_each_box(const Parts& row, const Parts& column, std::size_t columns, Visit visit) {
  for (std::size_t r = row.box; r <= row.box + row.next; ++r)
    for (std::size_t c = column.box; c <= column.box + column.next; ++c) visit(r * columns + c);
}

template <class T>
Grid pool_maxima(const Source<T>& source, Grid grid) {
  const std::size_t rows = source.rows, columns = source.columns;
  const std::vector<Parts> row_parts = parts(rows, grid.rows);
  const std::vector<Parts> column_parts = parts(columns, grid.columns);
  grid.values.assign(grid.rows * grid.columns, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      const auto value = static_cast<double>(source.values[i * columns + j]);
      if (!std::isfinite(value) || source.hides(i * columns + j)) continue;
      for_each_box(row_parts[i], column_parts[j], grid.columns, [&](std::size_t box) {
        double& greatest = grid.values[box];
        if (!(greatest >= value)) greatest = value;  // NaN as well
      });
    }
  }
  return grid;
}

// A box is masked if all cells that it touches are.
CountedVector<std::uint8_t> pool_masked(std::span<const std::uint8_t> masked, std::size_t rows, std::size_t columns,
                                        const Grid& grid) {
  if (grid.rows == rows && grid.columns == columns) return {masked.begin(), masked.end()};
  const std::vector<Parts> row_parts = parts(rows, grid.rows);
  const std::vector<Parts> column_parts = parts(columns, grid.columns);
  CountedVector<std::uint8_t> boxes(grid.rows * grid.columns, 1);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      if (masked[i * columns + j] == 0)
        for_each_box(row_parts[i], column_parts[j], grid.columns, [&boxes](std::size_t box) { boxes[box] = 0; });
  return boxes;
}

template <class T>
Grid pool_or_copy(const Tensor& matrix, const Tensor& masked, Grid grid, Pooling pooling) {
  const std::span<const T> values = matrix.values<T>();
  const std::size_t rows = matrix.extent(0);
  const std::size_t columns = matrix.extent(1);
  const bool has_mask = masked.size() == values.size() && masked.size() != 0;
  if (has_mask) grid.masked = pool_masked(masked.values<std::uint8_t>(), rows, columns, grid);
  if (grid.rows == rows && grid.columns == columns) {
    grid.values.assign(values.begin(), values.end());
    return grid;
  }
  const Source<T> source{values.data(), has_mask ? masked.values<std::uint8_t>().data() : nullptr, rows, columns};
  return pooling == Pooling::mean ? pool_means<T>(source, std::move(grid)) : pool_maxima<T>(source, std::move(grid));
}

}  // namespace

Grid pool(const Tensor& matrix, std::size_t max_rows, std::size_t max_columns, Pooling pooling, const Tensor& masked) {
  Grid grid{std::min(matrix.extent(0), max_rows), std::min(matrix.extent(1), max_columns), {}, {}};
  switch (matrix.dtype()) {
    case DType::f32: return pool_or_copy<float>(matrix, masked, std::move(grid), pooling);
    case DType::f64: return pool_or_copy<double>(matrix, masked, std::move(grid), pooling);
    case DType::u8: return pool_or_copy<std::uint8_t>(matrix, masked, std::move(grid), pooling);
    case DType::f16:
    case DType::bf16: refuse_narrow(matrix.dtype());
  }
  return grid;
}

}  // namespace attn
