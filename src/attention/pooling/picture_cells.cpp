// Pools tiles of weights into the cells of a picture.
#include "attention/pooling/picture_cells.hpp"

#include <algorithm>
#include <cmath>

namespace attn {

template <class T>
void PictureCells<T>::start(std::size_t first, std::size_t end) {
  first_ = first;
  end_ = end;
  const std::size_t size = (end - first) * grid_.column_units;
  sum_.assign(size, 0);
  greatest_.assign(size, T(0));  // what is not visited is 0, and no weight is less
  missing_.assign(size, 0);
  range_ = {};
}

// Rows of a cell are summed up column by column first, so that nearly all work is done in vectors.
template <class T>
void PictureCells<T>::add_numbers(const PictureTiles<T>& tile, std::size_t first, std::size_t count, std::int64_t j0,
                                  std::int64_t j1) {
  const auto n = static_cast<std::size_t>(j1 - j0), j = static_cast<std::size_t>(j0);
  std::fill_n(least_columns_, n, std::numeric_limits<T>::infinity());
  std::fill_n(least_positive_columns_, n, std::numeric_limits<T>::infinity());
  clear_columns(n);
  std::size_t box = end_;
  for (std::size_t r = 0; r < count;) {
    // Rows that lie in one cell as a whole go together.
    const Place& place = grid_.row_places[first + r];
    std::size_t rows = 1;
    if (place.here == grid_.row_units)
      while (r + rows < count && is_within(grid_.row_places[first + r + rows], place.box)) ++rows;
    CellGrid::for_parts(place, grid_.row_units, [&](std::size_t next, std::size_t units) {
      if (next != box) flush(box, j, n);
      box = next;
      if (has(box)) pool_rows(tile.row(r), rows, n, static_cast<T>(units) / static_cast<T>(grid_.row_units));
    });
    r += rows;
  }
  flush(box, j, n);
  ValueRange range;
  range.least = static_cast<double>(*std::min_element(least_columns_, least_columns_ + n));
  range.least_positive = static_cast<double>(*std::min_element(least_positive_columns_, least_positive_columns_ + n));
  range_.include(range);
}

template <class T>
void PictureCells<T>::add_mixed(const PictureTiles<T>& tile, std::size_t first, std::size_t count, std::int64_t j0,
                                std::int64_t j1) {
  for (std::size_t r = 0; r < count; ++r)
    for (std::int64_t j = j0; j < j1; ++j)
      add_cell(tile.row(r)[j - j0], grid_.row_places[first + r], grid_.column_places[static_cast<std::size_t>(j)]);
}

template <class T>
ValueRange PictureCells<T>::store(Pooling pooling, std::span<float> cells) {
  const double weights_a_unit = 1 / (static_cast<double>(grid_.row_units) * static_cast<double>(grid_.column_units));
  float* to = cells.data() + first_ * grid_.column_units;
  for (std::size_t at = 0; at < sum_.size(); ++at) {
    const std::size_t there = grid_.cell_units - missing_[at];
    if (there != 0) range_.greatest = std::max(range_.greatest, static_cast<double>(greatest_[at]));
    const double mean = sum_[at] / (static_cast<double>(there) * weights_a_unit);
    to[at] = there == 0                 ? std::numeric_limits<float>::quiet_NaN()
             : pooling == Pooling::mean ? static_cast<float>(mean)
                                        : static_cast<float>(greatest_[at]);
  }
  return range_;
}

template <class T>
void PictureCells<T>::pool_rows(const T* rows, std::size_t count, std::size_t n, T share) {
  kernels_->pool_columns({.weights = rows,
                          .stride = static_cast<std::ptrdiff_t>(columns),
                          .rows = count,
                          .n = n,
                          .share = share,
                          .sum = sum_columns_,
                          .greatest = greatest_columns_,
                          .least = least_columns_,
                          .least_positive = least_positive_columns_});
}

// The columns' sums to the cells of a row, if it is one of these.
template <class T>
void PictureCells<T>::flush(std::size_t box, std::size_t j0, std::size_t n) {
  if (has(box)) {
    const double unit = 1 / static_cast<double>(grid_.column_units);
    double* sums = sum_.data() + (box - first_) * grid_.column_units;
    T* greatest = greatest_.data() + (box - first_) * grid_.column_units;
    for (std::size_t j = 0; j < n; ++j) {
      const double sum = static_cast<double>(sum_columns_[j]);
      CellGrid::for_parts(grid_.column_places[j0 + j], grid_.column_units, [&](std::size_t column, std::size_t units) {
        sums[column] += static_cast<double>(units) * unit * sum;
        greatest[column] = std::max(greatest[column], greatest_columns_[j]);
      });
    }
  }
  clear_columns(n);
}

template <class T>
void PictureCells<T>::clear_columns(std::size_t n) {
  std::fill_n(sum_columns_, n, T(0));
  std::fill_n(greatest_columns_, n, T(0));
}

template <class T>
void PictureCells<T>::add_cell(T weight, const Place& row, const Place& column) {
  const bool finite = std::isfinite(weight);
  if (finite) range_.include(static_cast<double>(weight));
  CellGrid::for_parts(row, grid_.row_units, [&](std::size_t box, std::size_t height) {
    if (!has(box)) return;
    CellGrid::for_parts(column, grid_.column_units, [&](std::size_t at, std::size_t width) {
      at += (box - first_) * grid_.column_units;
      const std::size_t area = height * width;
      if (!finite) {
        missing_[at] += area;
        return;
      }
      sum_[at] += static_cast<double>(area) /
                  (static_cast<double>(grid_.row_units) * static_cast<double>(grid_.column_units)) *
                  static_cast<double>(weight);
      greatest_[at] = std::max(greatest_[at], weight);
    });
  });
}

template class PictureCells<float>;
template class PictureCells<double>;

}  // namespace attn
