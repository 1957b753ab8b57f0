// Tensors as tables for people.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/tensor.hpp"
#include "cli/output/text_items.hpp"

namespace attn::cli {

struct TableStyle {
  int precision = 4;      ///< decimals
  bool color = false;     ///< shade the cells of matrices whose columns are keys
  bool of_256 = false;    ///< in colours of xterm's palette
  std::size_t most = 16;  ///< rows and columns beyond so many are elided
  std::size_t width = 0;  ///< of the terminal: lines are no longer; 0 is any
};

/// The columns that a label takes at most; longer ones are cut.
std::size_t widest_label(const TableStyle& style);

/// The indices that are shown of n: all, or the first and last half of `most` with a gap (n) between. Of an odd number
/// the first half has one more.
std::vector<std::size_t> shown_indices(std::size_t n, std::size_t most);

/// With so many decimals; the shortest form of a number from 1e7 on; with an exponent where three decimals or more
/// would show a number that is not zero as zero; nan, inf and -inf.
std::string number_text(double value, int precision);

/// A label as it is shown: its index where there is not one for each of `count`.
std::string label_at(const std::vector<std::string>& labels, std::size_t count, std::size_t i);

/// A matrix that a table asks for its numbers, one at a time: a part of a tensor, or numbers made on the way.
struct TableMatrix {
  std::size_t rows = 0, columns = 0;
  std::function<double(std::size_t i, std::size_t j)> at;
  bool is_mask = false;  ///< of 0 and 1, which have no decimals
};

/// The matrix within a tensor that begins at element `first` and has its rows `row_stride` elements apart. The tensor
/// outlives it.
TableMatrix matrix_within(const Tensor& tensor, std::size_t first, std::size_t rows, std::size_t columns,
                          std::size_t row_stride);
/// Item `index` of the axes before the last two.
TableMatrix matrix_at(const Tensor& tensor, std::size_t index, std::size_t rows, std::size_t columns);

/// What a table says of a tensor's axes.
struct TableAxes {
  std::vector<TextItem> items = {{}};      ///< which of its matrices are shown
  Shape shape;                             ///< what the table says that it has
  std::vector<std::string> rows, columns;  ///< labels; those that do not fit are replaced by indices
  bool has_columns = true;                 ///< else the last axis is the rows'
  bool over_keys = false;                  ///< the columns are keys: cells are shaded
};

/// A line with the name and shape, then a table for each item.
std::string tensor_table(const std::string& name, const Tensor& tensor, const TableAxes& axes, const TableStyle& style);

/// One matrix without a heading; every line starts with `indent`. Labels that do not fit are replaced by indices. Where
/// its columns do not fit the style's width, more of them are elided if some are, else they stand in blocks.
std::string matrix_table(const TableMatrix& matrix, const std::vector<std::string>& row_labels,
                         const std::vector<std::string>& column_labels, bool shade, const TableStyle& style,
                         const std::string& indent);

}  // namespace attn::cli
