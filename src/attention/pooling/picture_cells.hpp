// The cells of a picture, and the weights that are pooled into them.
#pragma once

#include <span>
#include <vector>

#include "attention/pooling/picture_tiles.hpp"
#include "core/boxes.hpp"
#include "kernels/pooling.hpp"

namespace attn {

/// Where rows and columns of weights fall into a picture's cells.
struct CellGrid {
  CellGrid(std::size_t queries, std::size_t keys, std::size_t rows, std::size_t columns)
      : row_places(places(queries, rows)),
        column_places(places(keys, columns)),
        row_units(rows),
        column_units(columns),
        cell_units(queries * keys) {}

  std::vector<Place> row_places, column_places;
  std::size_t row_units, column_units;  ///< in the height and width of one weight
  std::size_t cell_units;               ///< in the area of a cell

  template <class Visit>
  static void for_parts(const Place& place, std::size_t units, Visit visit) {
    visit(place.box, place.here);
    if (place.here < units) visit(place.box + 1, units - place.here);
  }
};

/// Some rows of cells, and the weights that have been pooled into them.
template <class T>
class PictureCells {
 public:
  /// `kernels` may be null if every tile is mixed.
  PictureCells(const CellGrid& grid, const PoolingKernels<T>* kernels) : grid_(grid), kernels_(kernels) {}

  /// Rows [first, end) of the picture's, all zero.
  void start(std::size_t first, std::size_t end);
  void add_zeros() { range_.include(0); }
  /// Weights of rows [first, first + count) and keys [j0, j1), all of them numbers. What of them lies in other rows of
  /// cells is left out.
  void add_numbers(const PictureTiles<T>& tile, std::size_t first, std::size_t count, std::int64_t j0, std::int64_t j1);
  /// The same, with NaN perhaps among them: it is left out.
  void add_mixed(const PictureTiles<T>& tile, std::size_t first, std::size_t count, std::int64_t j0, std::int64_t j1);
  /// To the whole picture's cells; returns the range of the weights.
  ValueRange store(Pooling pooling, std::span<float> cells);

 private:
  static constexpr std::size_t columns = PictureTiles<T>::stride;

  bool has(std::size_t box) const { return box >= first_ && box < end_; }
  bool is_within(const Place& row, std::size_t box) const { return row.box == box && row.here == grid_.row_units; }
  void pool_rows(const T* rows, std::size_t count, std::size_t n, T share);
  void flush(std::size_t box, std::size_t j0, std::size_t n);
  void clear_columns(std::size_t n);
  void add_cell(T weight, const Place& row, const Place& column);

  const CellGrid& grid_;
  const PoolingKernels<T>* kernels_;
  std::size_t first_ = 0, end_ = 0;
  std::vector<double> sum_;           // of weights, by the share of them that lies in the cell
  std::vector<T> greatest_;           // of the cell's weights
  std::vector<std::size_t> missing_;  // units of area whose weight is not finite
  ValueRange range_;
  // What is kept of the columns of a tile: of the rows of one cell, and of all rows.
  T sum_columns_[columns] = {}, greatest_columns_[columns] = {};
  T least_columns_[columns] = {}, least_positive_columns_[columns] = {};
};

}  // namespace attn
