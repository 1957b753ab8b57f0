// The text of steps: numbered headings, tables, and lines of numbers that are cut to fit.
#pragma once

#include <string>
#include <vector>

#include "cli/output/table.hpp"

namespace attn::cli {

using Labels = std::vector<std::string>;

/// As many of `items` as fit `width` columns: all, or the first ones, an ellipsis, and the last.
std::string fitting_items(const std::vector<std::string>& items, const std::string& separator, std::size_t width);

class StepText {
 public:
  explicit StepText(const TableStyle& style);

  /// "3. what". Numbers begin anew with a section, after `prefix`.
  void step(const std::string& what);
  /// A line between steps, such as "head 0".
  void section(const std::string& what, const std::string& prefix = "");
  /// Continues the steps from before the sections.
  void end_sections();
  /// On a narrow terminal it goes on in further ones.
  void line(const std::string& text);
  /// "what = a + b + … + z = total".
  void sum(const std::string& what, const std::vector<std::string>& terms, double total);
  /// "title (2, 3)" and the matrix; labels that do not fit are replaced by indices.
  void table(const std::string& title, const TableMatrix& matrix, const Labels& rows, const Labels& columns,
             bool over_keys = false);
  /// What was made elsewhere, after an empty line.
  void append(const std::string& text) { text_ += "\n" + text; }

  std::string number(double value) const;
  /// "[1.0000  2.0000]" of row i times `factor`, at most `most` columns wide.
  std::string vector(const TableMatrix& matrix, std::size_t i, std::size_t most, double factor = 1) const;
  /// The columns that a line has left beside `others`.
  std::size_t room(const std::string& others) const;
  /// Of a label.
  std::size_t widest() const { return widest_label(style_); }

  const std::string& text() const { return text_; }

 private:
  std::string strong(const std::string& text) const;

  TableStyle style_;
  std::string text_, prefix_;
  int count_ = 0, main_count_ = 0;
};

}  // namespace attn::cli
