// Draws codes in boxes.
#include "render/fonts/code_box.hpp"

#include <string>
#include <string_view>

namespace attn {
namespace {

constexpr double side = 0.05;  // the white beside a box, em

struct CodeBox {
  std::string digits;
  std::size_t columns;
  double scale;               // of a digit
  double digit_width;         // at that scale, with the space after it
  double line, space, width;  // thickness, inner margin, advance
  double bottom, top;
};

CodeBox box_of(char32_t character, const Face& face) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  const double em = face.em();
  CodeBox box{};
  box.columns = character > 0xFFFF ? 3 : 2;
  for (std::size_t k = 2 * box.columns; k-- > 0;) box.digits += hex[character >> (4 * k) & 15];
  box.scale = 0.56;
  box.line = 0.05 * em;
  box.space = 0.06 * em;
  box.digit_width = face.advance(face.glyph_of(U'0')) * box.scale;
  box.bottom = -0.18 * em;
  box.top = box.bottom + 2 * (box.line + box.space + face.cap_height() * box.scale) + 0.08 * em;
  box.width = static_cast<double>(box.columns) * box.digit_width + 2 * (box.line + box.space) + 2 * side * em;
  return box;
}

void add_rectangle(Outline& outline, double x0, double y0, double x1, double y1) {
  outline.move_to({x0, y0});
  outline.line_to({x1, y0});
  outline.line_to({x1, y1});
  outline.line_to({x0, y1});
  outline.close();
}

}  // namespace

double code_box_advance(char32_t character, const Face& digits) { return box_of(character, digits).width; }

Outline code_box_outline(char32_t character, const Face& digits) {
  const CodeBox box = box_of(character, digits);
  Outline outline;
  const double left = side * digits.em(), right = box.width - left;
  add_rectangle(outline, left, box.bottom, right, box.top);
  // The other way round: a hole.
  add_rectangle(outline, right - box.line, box.bottom + box.line, left + box.line, box.top - box.line);
  for (std::size_t k = 0; k < box.digits.size(); ++k) {
    const double x = left + box.line + box.space + static_cast<double>(k % box.columns) * box.digit_width;
    const bool is_upper = k < box.columns;
    const double y =
        is_upper ? box.top - box.line - box.space - digits.cap_height() * box.scale : box.bottom + box.line + box.space;
    Outline digit = digits.outline(digits.glyph_of(static_cast<char32_t>(box.digits[k])));
    digit.transform({box.scale, 0, 0, box.scale, x, y});
    outline.append(digit);
  }
  return outline;
}

}  // namespace attn
