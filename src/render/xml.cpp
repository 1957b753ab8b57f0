// Entities, and rounding to hundredths.
#include "render/xml.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/utf8.hpp"
#include "render/visible_text.hpp"

namespace attn {

std::string xml_text(std::string_view text) {
  std::string xml;
  for (const char32_t c : visible_code_points(text)) switch (c) {
      case '&': xml += "&amp;"; break;
      case '<': xml += "&lt;"; break;
      case '>': xml += "&gt;"; break;
      case '"': xml += "&quot;"; break;
      default: append_utf8(xml, c);
    }
  return xml;
}

void append_number(std::string& out, std::ptrdiff_t value) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_number(std::string& out, double value) {
  const auto hundredths = static_cast<std::ptrdiff_t>(std::llround(value * 100));
  if (hundredths < 0) out += '-';
  const std::ptrdiff_t magnitude = std::abs(hundredths);
  append_number(out, magnitude / 100);
  const std::ptrdiff_t rest = magnitude % 100;
  if (rest == 0) return;
  out += '.';
  out += static_cast<char>('0' + rest / 10);
  if (rest % 10 != 0) out += static_cast<char>('0' + rest % 10);
}

}  // namespace attn
