// The board that a walk is written on: numbered steps, tables, and lines of numbers that are cut to fit.
#pragma once

#include <string>
#include <vector>

#include "attn/tensor.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

using Labels = std::vector<std::string>;

/// An element as a number, whatever the dtype.
double element_of(const Tensor& tensor, std::size_t at);
/// As many of `items` as fit `width` columns: all, or the first ones, an ellipsis, and the last.
std::string fitting_items(const std::vector<std::string>& items, const std::string& separator, std::size_t width);

class Board {
 public:
  explicit Board(const TableStyle& style);

  /// "3. what". Numbers begin anew with a section, after `prefix`.
  void step(const std::string& what);
  /// A line between steps, such as "head 0".
  void section(const std::string& what, const std::string& prefix = "");
  /// Continues the steps from before the sections.
  void end_sections();
  void line(const std::string& text) { text_ += text.empty() ? "\n" : "  " + text + "\n"; }
  /// "title (2, 3)" and the matrix; labels that do not fit are replaced by indices.
  void table(const std::string& title, const Tensor& matrix, const Labels& rows, const Labels& columns,
             bool over_keys = false);
  /// What was made elsewhere, after an empty line.
  void append(const std::string& text) { text_ += "\n" + text; }

  std::string number(double value) const;
  /// "[1.0000  2.0000]" of row i times `factor`, at most `most` columns wide.
  std::string vector(const Tensor& matrix, std::size_t i, std::size_t most, double factor = 1) const;

  const TableStyle& style() const { return style_; }
  const std::string& text() const { return text_; }

  static constexpr std::size_t width = 99;  ///< of the lines that are cut to fit

 private:
  std::string strong(const std::string& text) const;

  TableStyle style_;
  std::string text_, prefix_;
  int count_ = 0, main_count_ = 0;
};

}  // namespace attn::cli
