// Escapes, half blocks, shades, and the legend that explains them.
#include "render/terminal_ink.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/utf8.hpp"
#include "render/number_format.hpp"
#include "render/theme.hpp"

namespace attn {
namespace {

constexpr std::array<std::string_view, 5> shades{" ", "░", "▒", "▓", "█"};
constexpr std::string_view bad_shade = "·";

std::string color_escape(int layer, Rgb color, bool of_256) {
  const std::string start = "\x1b[" + std::to_string(layer);
  if (of_256) return start + ";5;" + std::to_string(nearest_of_256(color)) + "m";
  return start + ";2;" + std::to_string(color.r) + ";" + std::to_string(color.g) + ";" + std::to_string(color.b) + "m";
}

int squared_distance(Rgb a, Rgb b) {
  const int r = a.r - b.r, g = a.g - b.g, blue = a.b - b.b;
  return r * r + g * g + blue * blue;
}

Colormap colormap_of(const HeatmapStyle& style, const ColorScale& scale) {
  const Colormap whole = Colormap::named(style.colormap);
  return style.center ? whole.centered(scale.low(), scale.high(), *style.center) : whole;
}

}  // namespace

int nearest_of_256(Rgb color) {
  constexpr std::array<int, 6> levels{0, 95, 135, 175, 215, 255};
  constexpr int cube = 16, greys = 232;
  const auto level = [&](int channel) {
    const auto nearer = [channel](int a, int b) { return std::abs(a - channel) < std::abs(b - channel); };
    return static_cast<int>(std::min_element(levels.begin(), levels.end(), nearer) - levels.begin());
  };
  const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
  const int r = level(color.r), g = level(color.g), b = level(color.b);
  const auto at = [&](int k) { return byte(levels[static_cast<std::size_t>(k)]); };
  const Rgb of_cube{at(r), at(g), at(b)};
  const int grey = std::clamp(((color.r + color.g + color.b) / 3 - 8 + 5) / 10, 0, 23);
  const std::uint8_t tone = byte(8 + 10 * grey);
  return squared_distance(color, {tone, tone, tone}) < squared_distance(color, of_cube) ? greys + grey
                                                                                        : cube + 36 * r + 6 * g + b;
}

std::string foreground_escape(Rgb color, bool of_256) { return color_escape(38, color, of_256); }
std::string background_escape(Rgb color, bool of_256) { return color_escape(48, color, of_256); }

TerminalInk::TerminalInk(const HeatmapStyle& style, const TerminalStyle& terminal, const ColorScale& scale,
                         bool leaves_blank)
    : style_(style),
      terminal_(terminal),
      scale_(scale),
      colormap_(colormap_of(style, scale)),
      leaves_blank_(leaves_blank) {}

Rgb TerminalInk::color(double value) const {
  const double fraction = scale_.fraction(value);
  return std::isnan(fraction) ? theme_colors(style_.theme).bad : colormap_.at(fraction);
}

bool TerminalInk::shows_number(InkedValue value) { return !value.is_masked && !std::isnan(value.value); }

std::string TerminalInk::cell(InkedValue value, std::string_view number, std::size_t width) const {
  if (terminal_.color && value.is_masked) return std::string(reset_escape) + std::string(width, ' ');
  const std::string text(shows_number(value) ? number : "");
  // Without colour the number stands between shades: on them it could not be read.
  const std::string filling = terminal_.color ? " " : shade(value);
  const std::size_t around = width - std::min(width, text.size());
  std::string filled = repeated(filling, around / 2) + text + repeated(filling, around - around / 2);
  if (!terminal_.color) return filled;
  const Rgb behind = color(value.value);
  return background_escape(behind, terminal_.of_256) + foreground_escape(text_color_on(behind), terminal_.of_256) +
         filled;
}

std::string TerminalInk::halves(InkedValue upper, const InkedValue* lower) const {
  const bool has_lower = lower != nullptr && !lower->is_masked;
  if (upper.is_masked && !has_lower) return std::string(reset_escape) + " ";
  if (upper.is_masked)
    return std::string(reset_escape) + foreground_escape(color(lower->value), terminal_.of_256) + "▄";
  const std::string above = foreground_escape(color(upper.value), terminal_.of_256);
  const std::string below = has_lower ? background_escape(color(lower->value), terminal_.of_256) : "\x1b[49m";
  return above + below + "▀";
}

std::string TerminalInk::shade(InkedValue value) const {
  if (value.is_masked) return " ";
  const double fraction = scale_.fraction(value.value);
  return std::string(std::isnan(fraction) ? bad_shade : shade_at(fraction));
}

std::string_view TerminalInk::shade_at(double fraction) const {
  const std::size_t first = leaves_blank_ ? 1 : 0;
  const std::size_t last = shades.size() - 1;
  const double index = std::clamp(fraction, 0.0, 1.0) * static_cast<double>(shades.size() - first);
  const std::size_t at = std::min(first + static_cast<std::size_t>(index), last);
  if (!style_.exact_ends || fraction <= 0 || fraction >= 1) return shades[at];
  return shades[std::clamp<std::size_t>(at, 1, last - 1)];
}

// With as many digits as tell the ends apart.
std::string TerminalInk::legend_end(double value) const {
  for (int digits = 4; digits < 17; ++digits) {
    const NumberFormat number = NumberFormat::parse("." + std::to_string(digits) + "g", "");
    if (number(scale_.low()) != number(scale_.high())) return number(value);
  }
  return NumberFormat::parse(".17g", "")(value);
}

std::string TerminalInk::legend(std::size_t columns) const {
  if (const std::optional<double>& only = scale_.only()) {
    constexpr std::size_t width = 4;
    const std::string bar = cell({*only}, "", width);
    return (terminal_.color ? bar + std::string(reset_escape) : "[" + bar + "]") + " " + legend_end(*only);
  }
  const std::string low = legend_end(scale_.low());
  const std::string high = (scale_.clipped() ? "≥ " : "") + legend_end(scale_.high());
  const std::size_t used = display_width(low) + display_width(high) + 2 + (terminal_.color ? 0 : 2);
  const std::size_t steps = std::clamp<std::size_t>(columns > used ? columns - used : 0, 4, 20);
  std::string bar;
  const std::size_t first = leaves_blank_ ? 1 : 0;
  for (std::size_t k = 0; k < steps; ++k) {
    const double fraction = (static_cast<double>(k) + 0.5) / static_cast<double>(steps);
    if (terminal_.color)
      bar += background_escape(colormap_.at(fraction), terminal_.of_256) + " ";
    else
      bar += shades[std::min(static_cast<std::size_t>(fraction * static_cast<double>(shades.size() - first)) + first,
                             shades.size() - 1)];
  }
  if (terminal_.color) bar += reset_escape;
  return low + " " + (terminal_.color ? bar : "[" + bar + "]") + " " + high;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string line;
  for (std::size_t i = 0; i < times; ++i) line += text;
  return line;
}

std::string centered(const std::string& text, std::size_t width) {
  const std::size_t used = std::min(display_width(text), width);
  return fit_width(std::string((width - used) / 2, ' ') + text, width);
}

namespace {

// The text's first letters and its last ones, in `width` columns.
std::string without_middle(const std::string& text, std::size_t width) {
  const std::vector<char32_t> letters = decode_utf8(text);
  const auto columns_of = [](char32_t letter) {
    std::string one;
    append_utf8(one, letter);
    return display_width(one);
  };
  std::size_t left = width - 1, first = 0, last = letters.size();  // a column is the ellipsis'
  for (std::size_t room = width / 2; first < last && columns_of(letters[first]) <= room; ++first) {
    room -= columns_of(letters[first]);
    left -= columns_of(letters[first]);
  }
  for (; last > first && columns_of(letters[last - 1]) <= left; --last) left -= columns_of(letters[last - 1]);
  std::string shown;
  for (std::size_t i = 0; i < first; ++i) append_utf8(shown, letters[i]);
  shown += "…";
  for (std::size_t i = last; i < letters.size(); ++i) append_utf8(shown, letters[i]);
  return shown;
}

}  // namespace

std::vector<std::string> cut_to_width(std::vector<std::string> texts, std::size_t width) {
  std::map<std::string, std::string> whole;  // by what is left of them
  bool is_told_by_ends = false;
  for (const std::string& text : texts) {
    if (display_width(text) <= width) continue;
    const auto [found, is_new] = whole.try_emplace(fit_width(text, width), text);
    is_told_by_ends = is_told_by_ends || (!is_new && found->second != text);
  }
  for (std::string& text : texts)
    if (display_width(text) > width)
      text = is_told_by_ends && width > 2 ? without_middle(text, width) : fit_width(text, width);
  return texts;
}

}  // namespace attn
