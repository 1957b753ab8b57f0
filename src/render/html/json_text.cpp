// Escapes text for the JSON of a page.
#include "render/html/json_text.hpp"

#include <cmath>

#include "core/number.hpp"

namespace attn {
namespace {

constexpr std::string_view line_separator = "\xE2\x80\xA8", paragraph_separator = "\xE2\x80\xA9";

void append_escape(std::string& json, unsigned code) {
  constexpr std::string_view digits = "0123456789abcdef";
  json += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) json += digits[(code >> shift) & 15];
}

}  // namespace

void append_page_string(std::string& json, std::string_view text) {
  json += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20 || c == 0x7F || c == '<' || c == '>' || c == '&') {
      append_escape(json, byte);
    } else if (const std::string_view three = text.substr(at, 3);
               three == line_separator || three == paragraph_separator) {
      append_escape(json, three == line_separator ? 0x2028 : 0x2029);
      at += 2;
    } else {
      json += c;
    }
  }
  json += '"';
}

void append_member(std::string& json, std::string_view name) {
  if (json.back() != '{') json += ',';
  append_page_string(json, name);
  json += ':';
}

void append_page_number(std::string& json, std::optional<double> value) {
  json += value && std::isfinite(*value) ? shortest(*value) : "null";
}

}  // namespace attn
