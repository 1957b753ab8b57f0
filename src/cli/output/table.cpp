// Tables: aligned numbers, labels, elision and shading.
#include "cli/output/table.hpp"

#include <algorithm>
#include <cmath>

#include "attn/pooled.hpp"
#include "core/number.hpp"
#include "core/utf8.hpp"
#include "render/colormap.hpp"
#include "render/terminal_ink.hpp"

namespace attn::cli {
namespace {

std::string cell_text(const TableMatrix& matrix, std::size_t i, std::size_t j, int precision) {
  const double value = matrix.at(i, j);
  if (matrix.is_mask) return value == 0 ? "0" : "1";
  return number_text(value, precision);
}

ValueRange finite_range(const TableMatrix& matrix) {
  ValueRange range;
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    for (std::size_t j = 0; j < matrix.columns; ++j) {
      const double value = matrix.at(i, j);
      if (std::isfinite(value)) range.include(value);
    }
  }
  return range;
}

std::string shaded(const std::string& text, double value, const ValueRange& range, bool of_256) {
  if (!std::isfinite(value) || !(range.greatest > range.least)) return text;
  static const Colormap viridis = Colormap::named("viridis");
  const Rgb cell = viridis.at((value - range.least) / (range.greatest - range.least));
  return background_escape(cell, of_256) + foreground_escape(text_color_on(cell), of_256) + text + "\x1b[0m";
}

}  // namespace

std::string label_at(const std::vector<std::string>& labels, std::size_t count, std::size_t i) {
  return labels.size() == count ? printable(labels[i]) : std::to_string(i);
}

TableMatrix matrix_within(const Tensor& tensor, std::size_t first, std::size_t rows, std::size_t columns,
                          std::size_t row_stride) {
  return {rows, columns,
          [&tensor, first, row_stride](std::size_t i, std::size_t j) {
            return number_at(tensor, first + i * row_stride + j);
          },
          tensor.dtype() == DType::u8};
}

TableMatrix matrix_at(const Tensor& tensor, std::size_t index, std::size_t rows, std::size_t columns) {
  return matrix_within(tensor, index * rows * columns, rows, columns, columns);
}

std::string number_text(double value, int precision) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fixed(value, precision);
  if (std::abs(value) >= 1e7) {
    // The shortest form, which has an exponent where that is shorter: of a float where it is one, as its digits end
    // sooner.
    const float narrow = static_cast<float>(value);
    const std::string short_text = static_cast<double>(narrow) == value ? shortest(narrow) : shortest(value);
    return short_text.size() < text.size() ? short_text : text;
  }
  // What the decimals would show as zero without its being that has an exponent where one fits into their columns.
  const bool looks_like_zero = text.find_first_of("123456789") == std::string::npos;
  return looks_like_zero && value != 0 && precision >= 3 ? scientific(value, std::max(0, precision - 4)) : text;
}

std::vector<std::size_t> shown_indices(std::size_t n, std::size_t most) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < n; ++i) {
    if (n > most && i == most / 2) {
      indices.push_back(n);
      i = n - most / 2;
    }
    indices.push_back(i);
  }
  return indices;
}

std::string matrix_table(const TableMatrix& matrix, const std::vector<std::string>& row_labels,
                         const std::vector<std::string>& column_labels, bool shade, const TableStyle& style,
                         const std::string& indent) {
  const std::size_t columns = matrix.columns;
  const auto row_label = [&](std::size_t i) { return label_at(row_labels, matrix.rows, i); };
  const auto column_label = [&](std::size_t j) { return label_at(column_labels, columns, j); };
  const std::vector<std::size_t> row_indices = shown_indices(matrix.rows, style.most);
  const std::vector<std::size_t> column_indices = shown_indices(columns, style.most);
  const bool shades = shade && style.color;
  const ValueRange range = shades ? finite_range(matrix) : ValueRange{};

  std::size_t label_width = 1;
  for (const std::size_t i : row_indices)
    if (i < matrix.rows) label_width = std::max(label_width, std::min(widest_label, display_width(row_label(i))));
  std::size_t number_width = 1;
  for (const std::size_t i : row_indices)
    for (const std::size_t j : column_indices)
      if (i < matrix.rows && j < columns)
        number_width = std::max(number_width, cell_text(matrix, i, j, style.precision).size());

  const bool has_header = (!column_labels.empty() && column_labels.size() == columns) || columns > 1;
  std::vector<std::size_t> widths;
  for (const std::size_t j : column_indices) {
    const std::size_t label = j < columns && has_header ? std::min(widest_label, display_width(column_label(j))) : 0;
    widths.push_back(j == columns ? 1 : std::max(number_width, label));
  }
  std::string text;
  if (has_header) {
    text += indent + std::string(label_width, ' ');
    for (std::size_t c = 0; c < column_indices.size(); ++c)
      text += "  " + right_aligned(column_indices[c] == columns ? "…" : column_label(column_indices[c]), widths[c]);
    text += "\n";
  }
  for (const std::size_t i : row_indices) {
    if (i == matrix.rows) {
      text += indent + "…\n";
      continue;
    }
    text += indent + fit_width(row_label(i), label_width);
    for (std::size_t c = 0; c < column_indices.size(); ++c) {
      const std::size_t j = column_indices[c];
      const std::string cell =
          " " + right_aligned(j == columns ? "…" : cell_text(matrix, i, j, style.precision), widths[c] + 1);
      text += shades && j < columns ? " " + shaded(cell.substr(1), matrix.at(i, j), range, style.of_256) : cell;
    }
    text += "\n";
  }
  return text;
}

std::string tensor_table(const std::string& name, const Tensor& tensor, const TableAxes& axes,
                         const TableStyle& style) {
  std::string text = name + " " + shape_text(axes.shape) + "\n";
  // Rows alone are a column of numbers, one a label.
  const bool column = !axes.has_columns || tensor.rank() == 1;
  const std::size_t rows = tensor.extent(column ? -1 : -2), columns = column ? 1 : tensor.extent(-1);
  for (const TextItem& item : axes.items)
    text += item.heading + matrix_table(matrix_at(tensor, item.index, rows, columns), axes.rows, axes.columns,
                                        axes.over_keys, style, "  ");
  return text;
}

}  // namespace attn::cli
