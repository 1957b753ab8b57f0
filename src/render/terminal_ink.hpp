// The ink of pictures in a terminal: cells as colours of 24 bits or 8, or as shades without colour.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attn/heatmap.hpp"
#include "attn/terminal.hpp"
#include "render/colormap.hpp"
#include "render/scale.hpp"

namespace attn {

/// The nearest of xterm's 256 colours, of the cube and the greys: the first 16 are as the terminal's user likes them.
int nearest_of_256(Rgb color);

/// The escape sequence that ends what the others began.
inline constexpr std::string_view reset_escape = "\x1b[0m";

/// Escape sequences that set a colour, for letters and for what is behind them.
std::string foreground_escape(Rgb color, bool of_256);
std::string background_escape(Rgb color, bool of_256);

/// A value as a terminal shows it.
struct InkedValue {
  double value = 0;
  bool is_masked = false;
};

/// How the cells of one colour scale look.
class TerminalInk {
 public:
  /// `leaves_blank`: some cells are masked. These are blank, so without colour no other shade is.
  TerminalInk(const HeatmapStyle& style, const TerminalStyle& terminal, const ColorScale& scale, bool leaves_blank);

  /// Whether a cell has its number in it, where numbers are written: what is masked or NaN is told by its look.
  static bool shows_number(InkedValue value);
  /// A cell `width` columns wide, with a number in it or not; one that is wider makes the cell wider.
  std::string cell(InkedValue value, std::string_view number, std::size_t width) const;
  /// Two cells in one character, the second below the first, or null.
  std::string halves(InkedValue upper, const InkedValue* lower) const;
  std::string shade(InkedValue value) const;
  /// The scale with its ends and the name of the numbers, in at most `columns`.
  std::string legend(std::size_t columns) const;

 private:
  Rgb color(double value) const;
  std::string_view shade_at(double fraction) const;
  std::string legend_end(double value) const;

  const HeatmapStyle& style_;
  const TerminalStyle& terminal_;
  ColorScale scale_;
  Colormap colormap_;
  bool leaves_blank_;
};

/// The text `times` times.
std::string repeated(std::string_view text, std::size_t times);
/// In the middle of `width` columns.
std::string centered(const std::string& text, std::size_t width);

/// Texts of at most `width` columns: what is longer loses its end, or its middle, where ends tell texts apart.
std::vector<std::string> cut_to_width(std::vector<std::string> texts, std::size_t width);

}  // namespace attn
