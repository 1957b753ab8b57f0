// Text that fits a terminal's width: columns in blocks under each other, and words on further lines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace attn::cli {

/// A column of a table: a cell a line, each padded to the column's width and with what separates it from the column
/// before. Escapes take no width. In a line that ends early, cells are empty.
struct TextColumn {
  std::size_t width = 0;
  std::vector<std::string> cells;
};

/// Whether columns fit `width` beside each other; 0 is any width.
bool fits_width(const TextColumn& lead, const std::vector<TextColumn>& columns, std::size_t width);

/// The lines of a table. Where its columns do not fit `width`, as many as fit make a block, and blocks stand under each
/// other with an empty line between, each with `lead` at its left: no line runs into the next one. A block has one
/// column at least.
std::string in_blocks(const TextColumn& lead, const std::vector<TextColumn>& columns, std::size_t width);

/// Text whose lines are broken between words where they are longer than `width`, and go on after `hang` spaces; 0 is
/// any width. A word that is longer by itself stays whole.
std::string folded(const std::string& text, std::size_t width, std::size_t hang);

}  // namespace attn::cli
