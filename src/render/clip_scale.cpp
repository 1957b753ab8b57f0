// Measures whether a scale's few greatest numbers leave no colours for the others.
#include "render/clip_scale.hpp"

#include <algorithm>
#include <cmath>

#include "core/counted_vector.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "render/number_format.hpp"

namespace attn {
namespace {

// The values that have a colour on a scale.
CountedVector<double> drawn_values(const std::vector<Grid>& grids, const std::vector<ColorScale>& scales,
                                   std::size_t s) {
  CountedVector<double> values;
  for (std::size_t p = 0; p < grids.size(); ++p) {
    if (scale_index(scales, p) != s) continue;
    values.reserve(values.size() + grids[p].values.size());
    for (std::size_t k = 0; k < grids[p].values.size(); ++k)
      if (!grids[p].is_masked(k) && std::isfinite(grids[p].values[k])) values.push_back(grids[p].values[k]);
  }
  return values;
}

// How much of what the values have over `low` is of those above `end`.
double share_beyond(double end, double low, const CountedVector<double>& values) {
  double sum = 0, beyond = 0;
  for (const double value : values) {
    sum += value - low;
    if (value > end) beyond += value - low;
  }
  return beyond / sum;
}

// Where the scale should end instead; its own end if it is good as it is.
double better_end(const ColorScale& scale, CountedVector<double> values, const ClipRule& rule) {
  const auto is_low = [&](double value) { return scale.fraction(value) <= rule.low_part; };
  const auto low = static_cast<std::size_t>(std::count_if(values.begin(), values.end(), is_low));
  if (values.empty() || 100 * low < rule.percent_in_low_part * values.size()) return scale.high();
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * rule.percent_kept / 100);
  std::nth_element(values.begin(), at, values.end());
  // Of a matrix that is all but constant the few others are what there is to see.
  const bool is_better =
      *at > scale.low() && *at < scale.high() && share_beyond(*at, scale.low(), values) <= rule.most_beyond;
  return is_better ? *at : scale.high();
}

}  // namespace

bool may_be_clipped(const Heatmap& heatmap, const ClipRule& rule) {
  const HeatmapStyle& style = heatmap.style;
  if (style.vmin || style.vmax || style.robust || style.logarithmic || style.center || style.exact_ends ||
      (style.annotate && rule.spares_numbers))
    return false;
  return std::any_of(heatmap.panels.begin(), heatmap.panels.end(),
                     [&](const Panel& panel) { return std::max(panel.rows(), panel.columns()) > rule.long_side; });
}

std::string clip_scales(const Heatmap& heatmap, const std::vector<Grid>& grids, std::vector<ColorScale>& scales,
                        const ClipRule& rule) {
  // A scale for all of a tensor's numbers does not depend on which of them are drawn.
  if (!may_be_clipped(heatmap, rule) || heatmap.style.scale_per == ScalePer::all) return "";
  const ColorScale* first = nullptr;
  double greatest = 0;
  for (std::size_t s = 0; s < scales.size(); ++s) {
    const double high = scales[s].high();
    const double end = better_end(scales[s], drawn_values(grids, scales, s), rule);
    if (!(end < high)) continue;
    scales[s] = scales[s].clipped_to(end);
    if (first == nullptr) greatest = high;
    if (first == nullptr) first = &scales[s];
  }
  if (first == nullptr) return "";
  const NumberFormat number = NumberFormat::parse(".3g", "");
  return "most cells would have the lowest colour: the colours end at " + number(first->high()) + ", the " +
         std::to_string(rule.percent_kept) + "th percentile, not at " + number(greatest) + "; " + option_name("vmax") +
         " " + shortest(greatest) + " shows the whole range, " + option_name("log") + " ratios";
}

}  // namespace attn
