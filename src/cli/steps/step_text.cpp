// Writes steps, tables and lines.
#include "cli/steps/step_text.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t most_on_a_board = 10;  // rows and columns

}  // namespace

double element_of(const Tensor& tensor, std::size_t at) {
  switch (tensor.dtype()) {
    case DType::f32: return static_cast<double>(tensor.values<float>()[at]);
    case DType::f64: return tensor.values<double>()[at];
    case DType::u8: return tensor.values<std::uint8_t>()[at];
  }
  return 0;
}

std::string fitting_items(const std::vector<std::string>& items, const std::string& separator, std::size_t width) {
  for (std::size_t shown = items.size();; --shown) {
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
      // With a gap, the last one shown is the last of all.
      const bool after_gap = shown < items.size() && i + 1 == shown;
      if (after_gap) text += (i == 0 ? "" : separator) + "…";
      text += (i == 0 && !after_gap ? "" : separator) + (after_gap ? items.back() : items[i]);
    }
    if (shown <= 2 || display_width(text) <= width) return text;
  }
}

Board::Board(const TableStyle& style) : style_(style) { style_.most = std::min(style_.most, most_on_a_board); }

std::string Board::strong(const std::string& text) const { return style_.color ? "\x1b[1m" + text + "\x1b[0m" : text; }

void Board::step(const std::string& what) {
  ++count_;
  text_ += (text_.empty() ? "" : "\n") + strong(prefix_ + std::to_string(count_) + ". " + what) + "\n";
}

void Board::section(const std::string& what, const std::string& prefix) {
  if (prefix_.empty()) main_count_ = std::max(main_count_, count_);
  text_ += (text_.empty() ? "" : "\n") + strong("— " + what + " —") + "\n";
  prefix_ = prefix;
  count_ = 0;
}

void Board::end_sections() {
  prefix_.clear();
  count_ = main_count_;
}

void Board::table(const std::string& title, const Tensor& matrix, const Labels& rows, const Labels& columns,
                  bool over_keys) {
  const Labels none;
  text_ += "  " + title + " " + shape_text(matrix.shape()) + "\n" +
           matrix_table(matrix, rows.size() == matrix.extent(0) ? rows : none,
                        columns.size() == matrix.extent(1) ? columns : none, over_keys, style_, "    ");
}

std::string Board::number(double value) const { return number_text(value, style_.precision); }

std::string Board::vector(const Tensor& matrix, std::size_t i, std::size_t most, double factor) const {
  const std::size_t columns = matrix.extent(1);
  std::vector<std::string> numbers;
  for (std::size_t c = 0; c < columns; ++c) numbers.push_back(number(factor * element_of(matrix, i * columns + c)));
  return "[" + fitting_items(numbers, "  ", most < 2 ? 0 : most - 2) + "]";
}

}  // namespace attn::cli
