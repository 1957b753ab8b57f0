// Colours as bytes, and their luminance.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace attn {

/// An sRGB colour.
struct Rgb {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
  bool operator==(const Rgb&) const = default;
};

/// As CSS writes it: #rrggbb.
inline std::string css_color(Rgb color) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t byte : {color.r, color.g, color.b}) text.append({digits[byte >> 4], digits[byte & 15]});
  return text;
}

/// Relative luminance in [0, 1] (WCAG 2: https://www.w3.org/TR/WCAG20/#relativeluminancedef).
inline double relative_luminance(Rgb color) {
  const auto linear = [](std::uint8_t byte) {
    const double s = byte / 255.0;
    return s <= 0.03928 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b);
}

/// The colour of text on a cell: seaborn's rule, dark grey where the luminance passes .408, else white.
inline Rgb text_color_on(Rgb cell) { return relative_luminance(cell) > 0.408 ? Rgb{38, 38, 38} : Rgb{255, 255, 255}; }

}  // namespace attn
