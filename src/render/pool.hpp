// Pooling: a matrix with more cells than pixels, as the means of the cells that each pixel covers.
#pragma once

#include <cstddef>
#include <vector>

#include "attn/tensor.hpp"

namespace attn {

/// A small matrix of float64, row by row.
struct Grid {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values;
};

/// (rows, columns) of a rank-2 tensor as at most `max_rows` × `max_columns` means. Each mean weighs the
/// cells by the area that lies inside its box, so that sizes need not divide each other. NaN and
/// infinities are left out; a box with nothing else is NaN. An axis that fits is not pooled.
Grid pool(const Tensor& matrix, std::size_t max_rows, std::size_t max_columns);

}  // namespace attn
