// UTF-8: validation, decoding, and widths in a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attn {

/// What some programs begin a text with.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
/// The text without it.
constexpr std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

/// The position of the first byte that is not valid UTF-8 (overlong forms, surrogates and values past
/// U+10FFFF are not valid), or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// The code points of valid UTF-8; each invalid byte gives U+FFFD.
std::vector<char32_t> decode_utf8(std::string_view text);
/// Appends a code point.
void append_utf8(std::string& text, char32_t code_point);

/// Columns that the text takes in a terminal: combining marks 0, East Asian wide and emoji 2, others 1.
std::size_t display_width(std::string_view text);
/// At most `columns` wide, cut with an ellipsis where it is longer, padded with spaces where shorter.
std::string fit_width(std::string_view text, std::size_t columns);
/// The same, but padded in front.
std::string right_aligned(std::string_view text, std::size_t columns);

/// The text with control characters replaced by visible pictures (U+2400 …), so that a token cannot
/// steer a terminal or break a line.
std::string printable(std::string_view text);

}  // namespace attn
