// The colour scale: from values to fractions, and the ticks of its bar.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"

namespace attn {

/// Maps values between `low` and `high` to [0, 1], in equal steps or equal ratios.
class ColorScale {
 public:
  /// Over some of a heatmap's panels, or all, as the style asks (vmin, vmax, robust, logarithmic). What a mask hides
  /// does not count. A range of no width is widened by a tenth, so that a constant matrix has the middle colour, as in
  /// matplotlib; `only` tells its number. Throws Error (usage, at the option).
  static ColorScale over(const Heatmap& heatmap, std::span<const Panel> panels);
  static ColorScale over(const Heatmap& heatmap) { return over(heatmap, heatmap.panels); }
  ColorScale(double low, double high, bool logarithmic = false);

  double low() const { return low_; }
  double high() const { return high_; }
  bool logarithmic() const { return logarithmic_; }
  /// True if the high end was taken from the numbers although some are greater: these have its colour.
  bool clipped() const { return clipped_; }
  /// The number of a constant matrix, which is all that there is on the scale; none otherwise.
  const std::optional<double>& only() const { return only_; }
  /// The same scale, ending at `high` instead.
  ColorScale clipped_to(double high) const;

  /// Where a value lies on the scale; below 0 and above 1 outside it. NaN for NaN and infinities and,
  /// on a logarithmic scale, for what is not positive: such cells have no colour.
  double fraction(double value) const;

 private:
  double low_;
  double high_;
  bool logarithmic_;
  bool clipped_ = false;
  std::optional<double> only_;
  // Halves of the low end (or its logarithm) and of the range: halving is exact, and the whole range
  // of double does not overflow.
  double half_start_;
  double half_range_;
};

/// One scale for all of some panels, or one for each, as the heatmap's style has it.
std::vector<ColorScale> scales_of(const Heatmap& heatmap, std::span<const Panel> panels);
inline std::vector<ColorScale> scales_of(const Heatmap& heatmap) { return scales_of(heatmap, heatmap.panels); }
/// Which of `scales_of` a panel has.
inline std::size_t scale_index(const std::vector<ColorScale>& scales, std::size_t panel) {
  return scales.size() == 1 ? 0 : panel;
}

struct Tick {
  double value = 0;
  std::string text;
};

/// Ticks, and what is to be added to the numbers that they show: "0.5 +", or nothing.
struct Ticks {
  std::vector<Tick> ticks;
  std::string offset;
};

/// At most `most` (at least 2) ticks on the scale: multiples of 1, 2, 2.5 or 5 times a power of ten as matplotlib's
/// MaxNLocator has them, or powers of ten on a logarithmic scale. Texts have one number of decimals
/// and the minus sign U+2212; where they would differ only past the fourth digit, they are of the distance to an
/// offset. The end of a clipped scale has a tick of its own, "≥ 0.02". Of a scale of one number that is the only tick.
Ticks scale_ticks(const ColorScale& scale, std::size_t most);

/// Every how many of `count` labels one can be written if at most `most` fit: 1, 2, 5, 10, 20, …
std::size_t label_step(std::size_t count, std::size_t most);

}  // namespace attn
