// Measures whether a scale's few greatest numbers leave no colours for the others.
#include "render/clip_scale.hpp"

#include <algorithm>
#include <cmath>

#include "core/number.hpp"
#include "core/option_name.hpp"
#include "render/number_format.hpp"

namespace attn {
namespace {

constexpr std::size_t long_side = 64;  // up to here a picture has matplotlib's scale
constexpr double low_part = 1.0 / 20;
constexpr std::size_t percent_in_low_part = 95;
constexpr std::size_t percent_kept = 99;

// The values that have a colour on a scale.
std::vector<double> drawn_values(const std::vector<Grid>& grids, const std::vector<ColorScale>& scales, std::size_t s) {
  std::vector<double> values;
  for (std::size_t p = 0; p < grids.size(); ++p) {
    if (scale_index(scales, p) != s) continue;
    values.reserve(values.size() + grids[p].values.size());
    for (std::size_t k = 0; k < grids[p].values.size(); ++k)
      if (!grids[p].is_masked(k) && std::isfinite(grids[p].values[k])) values.push_back(grids[p].values[k]);
  }
  return values;
}

// Where the scale should end instead; its own end if it is good as it is.
double better_end(const ColorScale& scale, std::vector<double> values) {
  const auto is_low = [&](double value) { return scale.fraction(value) <= low_part; };
  const auto low = static_cast<std::size_t>(std::count_if(values.begin(), values.end(), is_low));
  if (values.empty() || 100 * low < percent_in_low_part * values.size()) return scale.high();
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * percent_kept / 100);
  std::nth_element(values.begin(), at, values.end());
  // Of a matrix that is all but constant the few others are what there is to see.
  return *at > scale.low() && *at < scale.high() ? *at : scale.high();
}

}  // namespace

bool may_be_clipped(const Heatmap& heatmap) {
  const HeatmapStyle& style = heatmap.style;
  if (style.vmin || style.vmax || style.robust || style.logarithmic || style.center || style.exact_ends ||
      style.annotate)
    return false;
  return std::any_of(heatmap.panels.begin(), heatmap.panels.end(),
                     [](const Panel& panel) { return std::max(panel.rows(), panel.columns()) > long_side; });
}

std::string clip_scales(const Heatmap& heatmap, const std::vector<Grid>& grids, std::vector<ColorScale>& scales) {
  // A scale for all of a tensor's numbers does not depend on which of them are drawn.
  if (!may_be_clipped(heatmap) || heatmap.style.scale_per == ScalePer::all) return "";
  const ColorScale* first = nullptr;
  double greatest = 0;
  for (std::size_t s = 0; s < scales.size(); ++s) {
    const double high = scales[s].high();
    const double end = better_end(scales[s], drawn_values(grids, scales, s));
    if (!(end < high)) continue;
    scales[s] = scales[s].clipped_to(end);
    if (first == nullptr) greatest = high;
    if (first == nullptr) first = &scales[s];
  }
  if (first == nullptr) return "";
  const NumberFormat number = NumberFormat::parse(".3g", "");
  return "most cells would have the lowest colour: the colours end at " + number(first->high()) +
         ", the 99th percentile, not at " + number(greatest) + "; " + option_name("vmax") + " " + shortest(greatest) +
         " shows the whole range, " + option_name("log") + " ratios";
}

}  // namespace attn
