// Tables: aligned numbers, labels, elision and shading.
#include "cli/output/table.hpp"

#include <algorithm>
#include <cmath>

#include "attn/pooled.hpp"
#include "cli/text_blocks.hpp"
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

// A matrix as columns of text, of which there may be any number.
class MatrixColumns {
 public:
  MatrixColumns(const TableMatrix& matrix, const std::vector<std::string>& row_labels,
                const std::vector<std::string>& column_labels, bool shades, const TableStyle& style)
      : matrix_(matrix),
        row_labels_(row_labels),
        column_labels_(column_labels),
        style_(style),
        rows_(shown_indices(matrix.rows, style.most)),
        has_header_((!column_labels.empty() && column_labels.size() == matrix.columns) || matrix.columns > 1),
        shades_(shades),
        range_(shades ? finite_range(matrix) : ValueRange{}) {}

  TextColumn lead(const std::string& indent) const {
    std::size_t width = 1;
    const auto label = [this](std::size_t i) { return label_at(row_labels_, matrix_.rows, i); };
    for (const std::size_t i : rows_)
      if (i < matrix_.rows) width = std::max(width, std::min(widest_label(style_), display_width(label(i))));
    TextColumn lead{indent.size() + width, {}};
    if (has_header_) lead.cells.push_back(indent + std::string(width, ' '));
    for (const std::size_t i : rows_)
      lead.cells.push_back(indent + (i == matrix_.rows ? "…" : fit_width(label(i), width)));
    return lead;
  }

  std::vector<TextColumn> columns(std::size_t most) const {
    const std::vector<std::size_t> shown = shown_indices(matrix_.columns, most);
    std::size_t number_width = 1;
    for (const std::size_t i : rows_)
      for (const std::size_t j : shown)
        if (i < matrix_.rows && j < matrix_.columns)
          number_width = std::max(number_width, cell_text(matrix_, i, j, style_.precision).size());
    std::vector<TextColumn> columns;
    for (const std::size_t j : shown) columns.push_back(column(j, number_width));
    return columns;
  }

 private:
  // Of numbers, or the gap.
  TextColumn column(std::size_t j, std::size_t number_width) const {
    const bool is_gap = j == matrix_.columns;
    const std::string label = is_gap ? "…" : label_at(column_labels_, matrix_.columns, j);
    const std::size_t label_width = has_header_ ? std::min(widest_label(style_), display_width(label)) : 0;
    const std::size_t width = is_gap ? 1 : std::max(number_width, label_width);
    TextColumn column{width + 2, {}};
    if (has_header_) column.cells.push_back("  " + right_aligned(label, width));
    for (const std::size_t i : rows_) {
      if (i == matrix_.rows) {
        column.cells.emplace_back();
        continue;
      }
      const std::string cell = right_aligned(is_gap ? "…" : cell_text(matrix_, i, j, style_.precision), width + 1);
      column.cells.push_back(" " + (shades_ && !is_gap ? shaded(cell, matrix_.at(i, j), range_, style_.of_256) : cell));
    }
    return column;
  }

  const TableMatrix& matrix_;
  const std::vector<std::string>&row_labels_, &column_labels_;
  const TableStyle& style_;
  std::vector<std::size_t> rows_;
  bool has_header_, shades_;
  ValueRange range_;
};

}  // namespace

std::size_t widest_label(const TableStyle& style) {
  constexpr std::size_t widest = 14, narrowest = 4;
  return style.width == 0 ? widest : std::clamp(style.width / 4, narrowest, widest);
}

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
  if (value == 0 || text.find_first_of("123456789") != std::string::npos) return text;
  // What the decimals would show as zero without its being that has an exponent where one fits into their columns, and
  // else no sign: that of zero is minus zero's.
  return precision >= 3 ? scientific(value, std::max(0, precision - 4)) : fixed(0, precision);
}

std::vector<std::size_t> shown_indices(std::size_t n, std::size_t most) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < n; ++i) {
    if (n > most && i == most - most / 2) {
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
  const MatrixColumns table(matrix, row_labels, column_labels, shade && style.color, style);
  const TextColumn lead = table.lead(indent);
  std::vector<TextColumn> columns = table.columns(style.most);
  // What is whole stays so, in blocks; where there is a gap already, it grows.
  if (matrix.columns > style.most)
    for (std::size_t most = style.most - 1; most >= 2 && !fits_width(lead, columns, style.width); --most)
      columns = table.columns(most);
  return in_blocks(lead, columns, style.width);
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
