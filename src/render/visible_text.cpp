// Escapes what would act on the picture.
#include "render/visible_text.hpp"

#include "core/utf8.hpp"

namespace attn {
namespace {

bool acts(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
  const bool is_separator = c == 0x2028 || c == 0x2029;
  const bool is_direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  return is_control || is_separator || is_direction || c == 0xFFFE || c == 0xFFFF;
}

void append_escape(std::vector<char32_t>& out, char32_t c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto put = [&out](char ch) { out.push_back(static_cast<char32_t>(ch)); };
  put('\\');
  switch (c) {
    case '\n': return put('n');
    case '\t': return put('t');
    case '\r': return put('r');
    default: break;
  }
  put(c < 0x100 ? 'x' : 'u');
  for (int shift = c < 0x100 ? 4 : 12; shift >= 0; shift -= 4) put(digits[c >> shift & 15]);
}

}  // namespace

std::vector<char32_t> visible_code_points(std::string_view text) {
  std::vector<char32_t> visible;
  for (const char32_t c : decode_utf8(text)) {
    if (acts(c))
      append_escape(visible, c);
    else
      visible.push_back(c);
  }
  return visible;
}

bool is_ignorable(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2060 && c <= 0x2064) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
         (c >= 0xE0100 && c <= 0xE01EF);
}

}  // namespace attn
