// Colour maps by name: fractions of a scale to colours.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "render/color.hpp"

namespace attn {

/// One line of the table of colour maps: a name, and 256 colours as RRGGBB.
struct ColormapTable {
  std::string_view name;
  std::string_view colors;
};
/// The TABLE; a reversed map is in it only where reversing rounds differently.
std::span<const ColormapTable> colormap_tables();

/// A colour map of 256 colours.
class Colormap {
 public:
  /// By matplotlib's name; `NAME_r` is NAME reversed. Throws Error (usage, at `--cmap`) with the nearest name.
  static Colormap named(std::string_view name);

  /// matplotlib's rule: the colour at ⌊256·fraction⌋, clipped to the table. Not for NaN.
  Rgb at(double fraction) const {
    if (!(fraction > 0)) return colors_.front();
    const double index = fraction * 256;
    return index >= 255 ? colors_.back() : colors_[static_cast<std::size_t>(index)];
  }
  /// The part of the map that values from `low` to `high` have if `center` has its middle and its ends lie equally far
  /// to both sides: seaborn's center.
  Colormap centered(double low, double high, double center) const;
  const std::array<Rgb, 256>& colors() const { return colors_; }

 private:
  std::array<Rgb, 256> colors_{};
};

}  // namespace attn
