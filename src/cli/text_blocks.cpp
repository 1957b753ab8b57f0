// Counts columns, and begins new lines where they end.
#include "cli/text_blocks.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace attn::cli {
namespace {

// Of the columns from `first` on, the end of those that fit beside the lead: one at least.
std::size_t block_end(const TextColumn& lead, const std::vector<TextColumn>& columns, std::size_t first,
                      std::size_t width) {
  std::size_t used = lead.width, end = first;
  while (end < columns.size() && (end == first || width == 0 || used + columns[end].width <= width))
    used += columns[end++].width;
  return end;
}

// One line, without its newline.
std::string folded_line(const std::string& line, std::size_t width, std::size_t hang) {
  if (width == 0 || display_width(line) <= width) return line;
  const std::string indent(std::min(hang, width / 2), ' ');
  std::size_t at = std::min(line.find_first_not_of(' '), line.size());
  std::string text = line.substr(0, at);
  std::size_t column = at;
  for (bool begins = true; at < line.size();) {
    const std::size_t blanks = std::min(line.find_first_not_of(' ', at), line.size()) - at;
    const std::size_t end = std::min(line.find(' ', at + blanks), line.size());
    const std::string word = line.substr(at + blanks, end - at - blanks);
    const std::size_t columns = display_width(word);
    if (begins || column + blanks + columns <= width) {
      text += std::string(blanks, ' ') + word;
      column += blanks + columns;
    } else {
      text += "\n" + indent + word;
      column = indent.size() + columns;
    }
    begins = false;
    at = end;
  }
  return text;
}

}  // namespace

bool fits_width(const TextColumn& lead, const std::vector<TextColumn>& columns, std::size_t width) {
  return block_end(lead, columns, 0, width) == columns.size();
}

std::string in_blocks(const TextColumn& lead, const std::vector<TextColumn>& columns, std::size_t width) {
  std::string text;
  std::size_t first = 0;
  do {
    const std::size_t end = block_end(lead, columns, first, width);
    if (first != 0) text += "\n";
    for (std::size_t line = 0; line < lead.cells.size(); ++line) {
      text += lead.cells[line];
      for (std::size_t c = first; c < end; ++c) text += columns[c].cells[line];
      text += "\n";
    }
    first = end;
  } while (first < columns.size());
  return text;
}

std::string folded(const std::string& text, std::size_t width, std::size_t hang) {
  if (width == 0) return text;
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines += folded_line(text.substr(at, end - at), width, hang);
    if (end < text.size()) lines += "\n";
    at = end + 1;
  }
  return lines;
}

}  // namespace attn::cli
