// Tensors as tables for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attn/tensor.hpp"

namespace attn::cli {

struct TableStyle {
  int precision = 4;      ///< decimals
  bool color = false;     ///< shade the cells of matrices whose columns are keys
  std::size_t most = 16;  ///< rows and columns beyond so many are elided
};

inline constexpr std::size_t widest_label = 14;  ///< columns; longer ones are cut

/// The indices that are shown of n: all, or the first and last half of `most` with a gap (n) between.
std::vector<std::size_t> shown_indices(std::size_t n, std::size_t most);

/// With so many decimals; the shortest form of a number from 1e7 on; with an exponent where three decimals or more
/// would show a number that is not zero as zero; nan, inf and -inf.
std::string number_text(double value, int precision);

/// A copy of item `index` of the axes before the last two.
Tensor matrix_at(const Tensor& tensor, std::size_t index, std::size_t rows, std::size_t columns);

/// The line over item `index` of the axes before rows and columns, with its newline: "batch 0, head 1"; none if there
/// are no such axes. `leading_axis` names a single one.
std::string head_heading(const Shape& leading, std::size_t index, std::string_view leading_axis);

/// What a table says of a tensor's axes.
struct TableAxes {
  std::string_view leading = "batch";      ///< what comes before rows and columns, where that is one axis
  std::vector<std::string> rows, columns;  ///< labels; those that do not fit are replaced by indices
  bool has_columns = true;                 ///< else the last axis is the rows'
  bool over_keys = false;                  ///< the columns are keys: cells are shaded
};

/// A line with the name and shape, then a table for each batch item and head.
std::string tensor_table(const std::string& name, const Tensor& tensor, const TableAxes& axes, const TableStyle& style);

/// One (rows, columns) matrix without a heading; every line starts with `indent`.
std::string matrix_table(const Tensor& matrix, const std::vector<std::string>& row_labels,
                         const std::vector<std::string>& column_labels, bool shade, const TableStyle& style,
                         const std::string& indent);

}  // namespace attn::cli
