// The range of a picture's values, and nice numbers along it.
#include "render/scale.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "render/number_format.hpp"

namespace attn {
namespace {

// Calls visit(double) with every value that can have a colour.
template <class Visit>
void for_each_drawable(const Tensor& values, const Tensor& masked, bool logarithmic, Visit visit) {
  const std::span<const std::uint8_t> hidden = masked.size() == values.size() && masked.size() != 0
                                                   ? masked.values<std::uint8_t>()
                                                   : std::span<const std::uint8_t>();
  const auto scan = [&](auto numbers) {
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const auto wide = static_cast<double>(numbers[k]);
      if (std::isfinite(wide) && (!logarithmic || wide > 0) && (hidden.empty() || hidden[k] == 0)) visit(wide);
    }
  };
  switch (values.dtype()) {
    case DType::f32: scan(values.values<float>()); break;
    case DType::f64: scan(values.values<double>()); break;
    case DType::u8: scan(values.values<std::uint8_t>()); break;
    case DType::f16:
    case DType::bf16: refuse_narrow(values.dtype());
  }
}

// numpy's default percentile: linear between the two nearest ranks. Reorders `values`.
double percentile(std::vector<double>& values, double percent) {
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  const auto below = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), below, values.end());
  const double lower = *below;
  if (below + 1 == values.end()) return lower;
  return std::lerp(lower, *std::min_element(below + 1, values.end()), rank - std::floor(rank));
}

// The 2nd and 98th percentile, as seaborn's robust scale has them.
ValueRange robust_range(std::vector<double>& values) {
  ValueRange range;
  if (values.empty()) return range;
  range.include(percentile(values, 2));
  range.include(percentile(values, 98));
  return range;
}

// Of some panels' drawable values.
ValueRange range_of(const HeatmapStyle& style, std::span<const Panel> panels) {
  ValueRange all;
  if (style.robust) {
    std::vector<double> values;
    for (const Panel& panel : panels)
      for_each_drawable(panel.values, panel.masked, style.logarithmic,
                        [&values](double value) { values.push_back(value); });
    return robust_range(values);
  }
  for (const Panel& panel : panels) {
    if (panel.whole)
      all.include(panel.whole->range);
    else
      for_each_drawable(panel.values, panel.masked, style.logarithmic, [&all](double value) { all.include(value); });
  }
  return all;
}

// The scale's ends where the style has none; nothing if no number has a colour.
std::optional<std::array<double, 2>> data_ends(const Heatmap& heatmap, std::span<const Panel> panels) {
  const bool logarithmic = heatmap.style.logarithmic;
  const bool over_all = heatmap.style.scale_per == ScalePer::all && heatmap.range;
  const ValueRange range = over_all ? *heatmap.range : range_of(heatmap.style, panels);
  const double least = logarithmic ? range.least_positive : range.least;
  if (least <= range.greatest) return std::array{least, range.greatest};
  return std::nullopt;
}

void check_limit(const std::optional<double>& limit, const std::string& option, bool logarithmic) {
  if (!limit) return;
  if (!std::isfinite(*limit)) throw usage_error(option, shortest(*limit) + " is no end for a colour scale");
  if (logarithmic && *limit <= 0)
    throw usage_error(option, shortest(*limit) + " is not on a logarithmic scale; give a number above 0");
}

std::string tick_text(double value, int decimals) {
  std::string text = fixed(std::abs(value), decimals);
  return value < 0 && text.find_first_not_of("0.") != std::string::npos ? "\u2212" + text : text;
}

// 1e−5, 2.5e12, with at most `digits` digits after the point: as people write it, not as C does.
std::string scientific_text(double value, int digits) {
  std::array<char, 2 * max_number_chars> buffer{};
  char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                  std::chars_format::scientific, std::clamp(digits, 0, 17))
                        .ptr;
  const std::string text(buffer.data(), end);
  const std::size_t e = text.find('e');
  const std::string exponent = text.substr(std::min(text.find_first_not_of('0', e + 2), text.size()));
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') != std::string::npos) {
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
    if (mantissa.ends_with('.')) mantissa.pop_back();
  }
  if (mantissa == "0" || exponent.empty()) return (value < 0 && mantissa != "0" ? "\u2212" : "") + mantissa;
  return (value < 0 ? "\u2212" : "") + mantissa + (text[e + 1] == '-' ? "e\u2212" : "e") + exponent;
}

std::vector<Tick> decade_ticks(const ColorScale& scale, std::size_t most) {
  const int first = static_cast<int>(std::ceil(std::log10(scale.low()) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(scale.high()) + 1e-9));
  const int step = std::max(1, static_cast<int>((static_cast<std::size_t>(std::max(last - first, 0)) + most) / most));
  std::vector<Tick> ticks;
  for (int exponent = first; exponent <= last; exponent += step) {
    const double value = std::pow(10.0, exponent);
    ticks.push_back({value, std::abs(exponent) <= 3 ? shortest(value) : scientific_text(value, 0)});
  }
  // Less than a decade: the ends say more than one power of ten.
  if (ticks.size() < 2) ticks = {{scale.low(), fixed(scale.low(), 4)}, {scale.high(), fixed(scale.high(), 4)}};
  return ticks;
}

// What is taken off the numbers of ticks that differ only past their fourth digit, as matplotlib's ScalarFormatter has
// it; 0 if nothing is. A multiple of the step, of as few digits as tell it.
double offset_of(double low, double high, double step) {
  if (low <= 0 && high >= 0) return 0;
  const double nearest = std::min(std::abs(low), std::abs(high));
  if (!(nearest >= 1e4 * step) || nearest >= 1e15 * step) return 0;
  // The highest digit that changes within the range: what stands before it is common to all ticks.
  const double unit = std::pow(10.0, std::ceil(std::log10(high - low)));
  const double common = std::floor(nearest / unit + 1e-6) * unit;
  return low < 0 ? -common : common;
}

std::string offset_text(double offset) {
  const double magnitude = std::abs(offset);
  const bool is_plain = magnitude >= 1e-4 && magnitude < 1e7;
  // The unit's own rounding, 0.30000000000000004, is not shown.
  NumberFormat format = NumberFormat::parse(".12g", "");
  const std::string text = is_plain ? format(magnitude) : scientific_text(magnitude, 12);
  return (offset < 0 ? "\u2212" : "") + text + " +";
}

Ticks linear_ticks(const ColorScale& scale, std::size_t most) {
  const double low = scale.low();
  const double high = scale.high();
  // The step that would give just `most` ticks; halves, as the range itself may be past double's.
  const double rough = (high / 2 - low / 2) / static_cast<double>(most - 1) * 2;
  const int exponent = static_cast<int>(std::floor(std::log10(std::min(rough, 1e307))));
  const double power = std::pow(10.0, exponent);
  constexpr std::array<double, 6> multiples{0.5, 1, 2, 2.5, 5, 10};
  constexpr double tolerance = 1e-9;  // a tick that rounding pushed past an end still counts
  const auto first = [&](double step) { return std::ceil(low / step - tolerance); };
  const auto last = [&](double step) { return std::floor(high / step + tolerance); };
  const auto count = [&](double multiple) { return last(multiple * power) - first(multiple * power) + 1; };

  double multiple = multiples[0];
  for (const double next : multiples) {
    if (count(multiple) <= static_cast<double>(most) || count(next) < 2) break;
    multiple = next;
  }
  const double step = multiple * power;
  const int decimals = -exponent + (multiple == 2.5 || multiple == 0.5 ? 1 : 0) - (multiple == 10 ? 1 : 0);
  const double offset = offset_of(low, high, step);
  const double largest = offset == 0 ? std::max(std::abs(low), std::abs(high)) : high - low;
  const bool is_short = decimals <= 4 && largest < 1e6;
  Ticks found;
  if (offset != 0) found.offset = offset_text(offset);
  for (double k = first(step); k <= last(step); ++k) {
    const double value = offset == 0 ? k * step : (k - std::round(offset / step)) * step;
    const int digits =
        value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value)) + tolerance)) + decimals;
    found.ticks.push_back({std::clamp(k * step, low, high),
                           is_short ? tick_text(value, std::max(decimals, 0)) : scientific_text(value, digits)});
  }
  return found;
}

// A number by itself, with so many digits.
std::string end_text(double value, int digits) {
  const double magnitude = std::abs(value);
  if (magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e5)) return scientific_text(value, digits - 1);
  return (value < 0 ? "\u2212" : "") + NumberFormat::parse("." + std::to_string(digits) + "g", "")(magnitude);
}

// The end of a clipped scale stands for all that is beyond; it takes the place of ticks too near to it.
void mark_end(const ColorScale& scale, std::size_t most, std::vector<Tick>& ticks) {
  const double room = 0.6 / static_cast<double>(most);
  std::erase_if(ticks, [&](const Tick& tick) { return scale.fraction(tick.value) > 1 - room; });
  ticks.push_back({scale.high(), "\u2265 " + end_text(scale.high(), 2)});
}

}  // namespace

ColorScale::ColorScale(double low, double high, bool logarithmic)
    : low_(low),
      high_(high),
      logarithmic_(logarithmic),
      half_start_((logarithmic ? std::log(low) : low) / 2),
      half_range_((logarithmic ? std::log(high) : high) / 2 - half_start_) {}

double ColorScale::fraction(double value) const {
  if (!std::isfinite(value) || (logarithmic_ && value <= 0)) return std::numeric_limits<double>::quiet_NaN();
  const double place = logarithmic_ ? std::log(value) : value;
  return (place / 2 - half_start_) / half_range_;
}

ColorScale ColorScale::clipped_to(double high) const {
  ColorScale scale(low_, high, logarithmic_);
  scale.clipped_ = true;
  return scale;
}

ColorScale ColorScale::over(const Heatmap& heatmap, std::span<const Panel> panels) {
  const HeatmapStyle& style = heatmap.style;
  check_limit(style.vmin, option_name("vmin"), style.logarithmic);
  check_limit(style.vmax, option_name("vmax"), style.logarithmic);
  double low = style.vmin.value_or(0);
  double high = style.vmax.value_or(0);
  std::optional<std::array<double, 2>> ends;
  if (!style.vmin || !style.vmax || low == high) ends = data_ends(heatmap, panels);
  if (!style.vmin) low = ends ? ends->front() : (style.logarithmic ? 0.1 : 0.0);
  if (!style.vmax) high = ends ? ends->back() : 1.0;
  if (low > high) {
    if (style.vmin)
      throw usage_error(option_name("vmin"), shortest(low) + " is above the scale's other end, " + shortest(high));
    throw usage_error(option_name("vmax"), shortest(high) + " is below the scale's other end, " + shortest(low));
  }
  if (low == high) {
    if (ends && (ends->front() != low || ends->back() != low))
      throw usage_error(option_name(style.vmin ? "vmin" : "vmax"), shortest(low) + " is the scale's other end too");
    constexpr double most = std::numeric_limits<double>::max();
    const double margin = low == 0 ? 0.1 : std::max(0.1 * std::abs(low), std::numeric_limits<double>::min());
    low = style.logarithmic ? low / 1.1 : std::max(low - margin, -most);
    ColorScale widened(low, std::min(high + margin, most), style.logarithmic);
    widened.only_ = high;
    return widened;
  }
  return {low, high, style.logarithmic};
}

std::vector<ColorScale> scales_of(const Heatmap& heatmap, std::span<const Panel> panels) {
  if (heatmap.style.scale_per != ScalePer::head) return {ColorScale::over(heatmap, panels)};
  std::vector<ColorScale> scales;
  for (const Panel& panel : panels) scales.push_back(ColorScale::over(heatmap, {&panel, 1}));
  return scales;
}

ValueRange scale_range(const Tensor& values, const Tensor& masked, const HeatmapStyle& style) {
  ValueRange range;
  std::vector<double> ordered;
  for_each_drawable(values, masked, style.logarithmic, [&](double value) {
    if (style.robust)
      ordered.push_back(value);
    else
      range.include(value);
  });
  return style.robust ? robust_range(ordered) : range;
}

Ticks scale_ticks(const ColorScale& scale, std::size_t most) {
  if (scale.only()) return {{{*scale.only(), end_text(*scale.only(), 4)}}, ""};
  Ticks found = scale.logarithmic() ? Ticks{decade_ticks(scale, most), ""} : linear_ticks(scale, most);
  if (scale.clipped()) mark_end(scale, most, found.ticks);
  return found;
}

std::size_t label_step(std::size_t count, std::size_t most) {
  most = std::max<std::size_t>(most, 1);
  std::size_t step = 1;
  for (std::size_t power = 1;; power *= 10)
    for (const std::size_t multiple : {1U, 2U, 5U}) {
      step = multiple * power;
      if (count <= most * step) return step;
    }
}

}  // namespace attn
