// Pooling: a matrix with more cells than pixels, as the means or maxima of the cells that each pixel covers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attn/pooled.hpp"
#include "attn/tensor.hpp"
#include "core/counted_vector.hpp"

namespace attn {

/// A small matrix of float64, row by row.
struct Grid {
  std::size_t rows = 0;
  std::size_t columns = 0;
  CountedVector<double> values;
  CountedVector<std::uint8_t> masked;  ///< as `values`: 1 where a mask hides all that the cell stands for; or empty

  bool is_masked(std::size_t cell) const { return !masked.empty() && masked[cell] != 0; }
};

/// (rows, columns) of a rank-2 tensor as at most `max_rows` × `max_columns` means or maxima. Sizes need not divide each
/// other: a mean weighs the cells by the area that lies inside its box, a maximum is of all cells that have any. NaN
/// and infinities are left out; a box with nothing else is NaN. An axis that fits is not pooled.
/// `masked` (u8, of the matrix' shape; or empty) are cells that take no part.
Grid pool(const Tensor& matrix, std::size_t max_rows, std::size_t max_columns, Pooling pooling = Pooling::mean,
          const Tensor& masked = {});

}  // namespace attn
