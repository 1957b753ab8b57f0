// Strings of the JSON reader: UTF-8, escapes, surrogate pairs.
#include <charconv>
#include <string>
#include <system_error>

#include "core/utf8.hpp"
#include "io/json/reader.hpp"
#include "io/json/text.hpp"

namespace attn::io {
namespace {

// What no escape can stand for.
constexpr unsigned no_code_unit = 0x10000;

unsigned hex_code_unit(const char* p, const char* end) {
  unsigned unit = 0;
  if (end - p < 4) return no_code_unit;
  const auto [stop, error] = std::from_chars(p, p + 4, unit, 16);
  return error == std::errc() && stop == p + 4 ? unit : no_code_unit;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

std::string unescape_json(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  const char* const end = raw.data() + raw.size();
  for (const char* p = raw.data(); p != end;) {
    if (*p != '\\') {
      text.push_back(*p++);
      continue;
    }
    ++p;
    switch (const char c = *p++) {
      case 'b': text.push_back('\b'); break;
      case 'f': text.push_back('\f'); break;
      case 'n': text.push_back('\n'); break;
      case 'r': text.push_back('\r'); break;
      case 't': text.push_back('\t'); break;
      case 'u': {
        char32_t code_point = hex_code_unit(p, end);
        p += 4;
        if (is_high_surrogate(code_point)) {
          code_point = 0x10000 + ((code_point - 0xD800) << 10) + (hex_code_unit(p + 2, end) - 0xDC00);
          p += 6;
        }
        append_utf8(text, code_point);
        break;
      }
      default: text.push_back(c); break;
    }
  }
  return text;
}

std::string shown_byte(char c) {
  if (static_cast<unsigned char>(c) >= 0x80) return "a character outside a string";
  std::string shown = "'";
  shown += printable(std::string_view(&c, 1));
  return shown += "'";
}

const char* JsonReader::scan_escape(const char* p) const {
  const char* const escape = p++;
  if (p == end_) syntax_error(p, "the text ends inside a string");
  if (std::string_view("\"\\/bfnrt").find(*p) != std::string_view::npos) return p + 1;
  if (*p != 'u') syntax_error(escape, "'\\' is followed by " + shown_byte(*p) + ", which is no escape");
  const unsigned unit = hex_code_unit(p + 1, end_);
  if (unit == no_code_unit) syntax_error(escape, "\\u is followed by four hexadecimal digits");
  p += 5;
  if (is_low_surrogate(unit)) syntax_error(escape, "half of a surrogate pair");
  if (!is_high_surrogate(unit)) return p;
  const bool another = end_ - p >= 6 && p[0] == '\\' && p[1] == 'u';
  const unsigned second = another ? hex_code_unit(p + 2, end_) : no_code_unit;
  if (!is_low_surrogate(second)) syntax_error(escape, "half of a surrogate pair");
  return p + 6;
}

// At an opening quote; the text up to the closing one, which is passed over.
std::string_view JsonReader::scan_string() {
  const char* const first = position_ + 1;
  const char* p = first;
  unsigned bits = 0;  // of all bytes: a string of ASCII is valid UTF-8
  while (p != end_ && *p != '"') {
    bits |= static_cast<unsigned char>(*p);
    if (static_cast<unsigned char>(*p) < 0x20) {
      syntax_error(p, "a control character in a string; write it as an escape such as \\n");
    }
    p = *p == '\\' ? scan_escape(p) : p + 1;
  }
  if (p == end_) syntax_error(position_, "the string that begins here does not end");
  const std::string_view raw(first, static_cast<std::size_t>(p - first));
  if (const std::size_t bad = bits < 0x80 ? std::string_view::npos : find_invalid_utf8(raw);
      bad != std::string_view::npos) {
    syntax_error(first + bad, "is not valid UTF-8");
  }
  position_ = p + 1;
  return raw;
}

}  // namespace attn::io
