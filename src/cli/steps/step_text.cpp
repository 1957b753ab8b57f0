// Writes headings, tables and lines.
#include "cli/steps/step_text.hpp"

#include <algorithm>

#include "cli/text_blocks.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t most_shown = 10;  // rows and columns of a table
constexpr std::size_t line_width = 99;  // of the lines that are cut to fit, where the terminal is no narrower

}  // namespace

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

StepText::StepText(const TableStyle& style) : style_(style) { style_.most = std::min(style_.most, most_shown); }

std::string StepText::strong(const std::string& text) const {
  return style_.color ? "\x1b[1m" + text + "\x1b[0m" : text;
}

void StepText::step(const std::string& what) {
  ++count_;
  text_ += (text_.empty() ? "" : "\n") +
           strong(folded(prefix_ + std::to_string(count_) + ". " + what, style_.width, 3)) + "\n";
}

void StepText::section(const std::string& what, const std::string& prefix) {
  if (prefix_.empty()) main_count_ = std::max(main_count_, count_);
  text_ += (text_.empty() ? "" : "\n") + strong(folded("— " + what + " —", style_.width, 2)) + "\n";
  prefix_ = prefix;
  count_ = 0;
}

void StepText::line(const std::string& text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text_ += (text.empty() ? "" : folded("  " + text, style_.width, begin + 4)) + "\n";
}

void StepText::end_sections() {
  prefix_.clear();
  count_ = main_count_;
}

void StepText::sum(const std::string& what, const std::vector<std::string>& terms, double total) {
  const std::string head = what + " = ", tail = " = " + number(total);
  line(head + fitting_items(terms, " + ", room(head + tail)) + tail);
}

void StepText::table(const std::string& title, const TableMatrix& matrix, const Labels& rows, const Labels& columns,
                     bool over_keys) {
  line(title + " " + shape_text({matrix.rows, matrix.columns}));
  text_ += matrix_table(matrix, rows, columns, over_keys, style_, "    ");
}

std::string StepText::number(double value) const { return number_text(value, style_.precision); }

std::string StepText::vector(const TableMatrix& matrix, std::size_t i, std::size_t most, double factor) const {
  std::vector<std::string> numbers;
  for (std::size_t c = 0; c < matrix.columns; ++c) numbers.push_back(number(factor * matrix.at(i, c)));
  return "[" + fitting_items(numbers, "  ", most < 2 ? 0 : most - 2) + "]";
}

std::size_t StepText::room(const std::string& others) const {
  const std::size_t used = 2 + display_width(others);
  const std::size_t width = style_.width == 0 ? line_width : std::min(line_width, style_.width);
  return used < width ? width - used : 0;
}

}  // namespace attn::cli
