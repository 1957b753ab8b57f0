// UTF-8 after RFC 3629; widths in terminals after Unicode's East Asian Width.
#include "core/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "core/width_tables.hpp"

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

// The tables' ranges are in order.
template <std::size_t N>
bool within(const CodeRange (&ranges)[N], char32_t c) {
  const CodeRange* const found = std::lower_bound(std::begin(ranges), std::end(ranges), c,
                                                  [](CodeRange r, char32_t code) { return r.last < code; });
  return found != std::end(ranges) && c >= found->first;
}

std::size_t code_width(char32_t c) {
  if (c == 0 || (c >= 0x7F && within(zero_width, c))) return 0;
  return c >= 0x1100 && within(double_width, c) ? 2 : 1;
}

constexpr char32_t joiner = 0x200D, emoji_selector = 0xFE0F;
constexpr char32_t first_flag_letter = 0x1F1E6, last_flag_letter = 0x1F1FF;
constexpr char32_t first_skin = 0x1F3FB, last_skin = 0x1F3FF;

bool is_flag_letter(char32_t c) { return c >= first_flag_letter && c <= last_flag_letter; }

// How much wider a text becomes by its k-th character. Emoji that are joined have one picture, two letters of a flag
// have one, a skin has the picture before it, and a character that a selector makes an emoji is as wide as one.
std::size_t added_width(const std::vector<char32_t>& text, std::size_t k, std::size_t before) {
  const char32_t c = text[k];
  const char32_t last = k == 0 ? 0 : text[k - 1];
  const bool after_emoji = last >= 0x2190 && (code_width(last) > 0 || last == emoji_selector);
  if (last == joiner && k >= 2 && c >= 0x2190) return 0;
  if (c == emoji_selector) return last >= 0x203C && code_width(last) == 1 && before > 0 ? 1 : 0;
  if (c >= first_skin && c <= last_skin && after_emoji) return 0;
  if (is_flag_letter(c)) {
    std::size_t letters = 0;
    while (letters < k && is_flag_letter(text[k - letters - 1])) ++letters;
    return letters % 2 == 0 ? 2 : 0;
  }
  return code_width(c);
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
  const std::vector<char32_t> letters = decode_utf8(text);
  std::size_t width = 0;
  for (std::size_t k = 0; k < letters.size(); ++k) width += added_width(letters, k, width);
  return width;
}

std::string fit_width(std::string_view text, std::size_t columns) {
  std::string fitted;
  std::size_t width = display_width(text);
  if (width <= columns) {
    fitted = text;
  } else {
    width = 0;
    const std::vector<char32_t> letters = decode_utf8(text);
    for (std::size_t k = 0; k < letters.size(); ++k) {
      const std::size_t added = added_width(letters, k, width);
      if (width + added + 1 > columns) break;
      append_utf8(fitted, letters[k]);
      width += added;
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
