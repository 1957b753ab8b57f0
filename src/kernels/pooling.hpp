// What is done to rows of scores and weights beside the tiles: softmax in two passes, and sums of columns and rows.
#pragma once

#include <cstddef>

#include "kernels/row_sums.hpp"
#include "kernels/tile.hpp"

namespace attn {

/// Some rows of weights, and what is kept of each of their columns.
template <class T>
struct ColumnPool {
  const T* weights = nullptr;  ///< (rows, n), none of them NaN
  std::ptrdiff_t stride = 0;   ///< between rows
  std::size_t rows = 0, n = 0;
  T share = 1;                  ///< of every weight, for the sums
  T* sum = nullptr;             ///< (n) in and out: Σ share · weight
  T* greatest = nullptr;        ///< (n) in and out
  T* least = nullptr;           ///< (n) in and out
  T* least_positive = nullptr;  ///< (n) in and out
};

/// The kernels of one instruction set for element type T. Rows and columns are read and written in whole vectors: what
/// lies between n and n rounded up to `lanes` is overwritten.
template <class T>
struct PoolingKernels {
  /// The greatest of n scores (a NaN may be lost), −inf if there is none.
  T (*greatest)(T* row, std::size_t n) = nullptr;
  /// Σ exp(score − shift); NaN if one is.
  T (*sum)(T* row, std::size_t n, T shift) = nullptr;
  /// row ← exp(row − shift) · factor, with a relative error of some units in the last place times |row − shift|;
  /// subnormal numbers included.
  void (*exponentials)(T* row, std::size_t n, T shift, T factor) = nullptr;
  void (*pool_columns)(const ColumnPool<T>& pool) = nullptr;
  /// Sums of n weights, of which none but these is read. `first_distance` is the first one's key less the position, and
  /// `dense_from` the least weight that is dense.
  RowSums (*row_sums)(const T* row, std::size_t n, double first_distance, T dense_from) = nullptr;
};

}  // namespace attn
