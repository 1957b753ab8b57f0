// UTF-8 after RFC 3629; widths after Unicode's East Asian Width, in the ranges that matter in terminals.
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace attn {
namespace {

// Decodes one code point at `i` and returns its length in bytes, 0 if it is not valid.
std::size_t decode_one(std::string_view text, std::size_t i, char32_t& code_point) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char lead = byte(i);
  if (lead < 0x80) {
    code_point = lead;
    return 1;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return 0;
  code_point = lead & (0xFFU >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
    code_point = (code_point << 6) | (byte(i + k) & 0x3F);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return code_point < least[length] || code_point > 0x10FFFF || surrogate ? 0 : length;
}

struct CodeRange {
  char32_t first, last;
};

constexpr std::array<CodeRange, 12> zero_width{{{0x300, 0x36F},
                                                {0x483, 0x489},
                                                {0x591, 0x5BD},
                                                {0x610, 0x61A},
                                                {0x64B, 0x65F},
                                                {0x900, 0x902},
                                                {0x1AB0, 0x1AFF},
                                                {0x1DC0, 0x1DFF},
                                                {0x200B, 0x200F},
                                                {0x20D0, 0x20FF},
                                                {0xFE00, 0xFE0F},
                                                {0xFE20, 0xFE2F}}};
constexpr std::array<CodeRange, 11> double_width{{{0x1100, 0x115F},
                                                  {0x2E80, 0x303E},
                                                  {0x3041, 0x33FF},
                                                  {0x3400, 0x4DBF},
                                                  {0x4E00, 0x9FFF},
                                                  {0xA000, 0xA4CF},
                                                  {0xAC00, 0xD7A3},
                                                  {0xF900, 0xFAFF},
                                                  {0xFE30, 0xFE6F},
                                                  {0xFF00, 0xFF60},
                                                  {0x1F300, 0x1FAFF}}};

template <std::size_t N>
bool within(const std::array<CodeRange, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](CodeRange r) { return c >= r.first && c <= r.last; });
}

std::size_t code_width(char32_t c) {
  if (c == 0 || within(zero_width, c)) return 0;
  return within(double_width, c) || (c >= 0x20000 && c <= 0x3FFFD) ? 2 : 1;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    // Eight ASCII bytes at a time: most of any input.
    std::uint64_t word = 0;
    if (i + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + i, sizeof word);
      if ((word & 0x8080808080808080U) == 0) {
        i += sizeof word;
        continue;
      }
    }
    char32_t code_point = 0;
    const std::size_t length = decode_one(text, i, code_point);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

std::vector<char32_t> decode_utf8(std::string_view text) {
  std::vector<char32_t> code_points;
  code_points.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    char32_t code_point = 0;
    const std::size_t length = decode_one(text, i, code_point);
    code_points.push_back(length == 0 ? U'\uFFFD' : code_point);
    i += std::max<std::size_t>(length, 1);
  }
  return code_points;
}

void append_utf8(std::string& text, char32_t c) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char32_t c : decode_utf8(text)) width += code_width(c);
  return width;
}

std::string fit_width(std::string_view text, std::size_t columns) {
  std::string fitted;
  std::size_t width = display_width(text);
  if (width <= columns) {
    fitted = text;
  } else {
    width = 0;
    for (const char32_t c : decode_utf8(text)) {
      if (width + code_width(c) + 1 > columns) break;
      append_utf8(fitted, c);
      width += code_width(c);
    }
    if (columns > 0) {
      fitted += "…";
      ++width;
    }
  }
  return fitted.append(columns - width, ' ');
}

std::string right_aligned(std::string_view text, std::size_t columns) {
  const std::size_t used = std::min(display_width(text), columns);
  return std::string(columns - used, ' ') + fit_width(text, used);
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char32_t c : decode_utf8(text)) {
    if (c < 0x20) {
      append_utf8(shown, 0x2400 + c);
    } else if (c == 0x7F) {
      append_utf8(shown, 0x2421);
    } else if (c >= 0x80 && c < 0xA0) {
      append_utf8(shown, 0xFFFD);
    } else {
      append_utf8(shown, c);
    }
  }
  return shown;
}

}  // namespace attn
