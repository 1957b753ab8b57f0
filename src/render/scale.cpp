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

namespace attn {
namespace {

// Calls visit(double) with every value of a panel that can have a colour.
template <class Visit>
void for_each_drawable(const Heatmap& heatmap, const Panel& panel, Visit visit) {
  const auto scan = [&](auto values) {
    for (const auto value : values) {
      const auto wide = static_cast<double>(value);
      if (std::isfinite(wide) && (!heatmap.style.logarithmic || wide > 0)) visit(wide);
    }
  };
  switch (panel.values.dtype()) {
    case DType::f32: scan(panel.values.values<float>()); break;
    case DType::f64: scan(panel.values.values<double>()); break;
    case DType::u8: scan(panel.values.values<std::uint8_t>()); break;
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

// The least and greatest drawable value, or seaborn's robust quantiles; (0, 1) if there is none.
std::array<double, 2> data_range(const Heatmap& heatmap) {
  if (heatmap.style.robust) {
    std::vector<double> values;
    for (const Panel& panel : heatmap.panels)
      for_each_drawable(heatmap, panel, [&values](double value) { values.push_back(value); });
    if (!values.empty()) return {percentile(values, 2), percentile(values, 98)};
  } else {
    ValueRange all;
    for (const Panel& panel : heatmap.panels) {
      if (!panel.whole) {
        for_each_drawable(heatmap, panel, [&all](double value) { all.include(value); });
        continue;
      }
      const ValueRange& range = panel.whole->range;
      const double least = heatmap.style.logarithmic ? range.least_positive : range.least;
      if (least > range.greatest) continue;
      all.include(least);
      all.include(range.greatest);
    }
    if (all.least <= all.greatest) return {all.least, all.greatest};
  }
  return heatmap.style.logarithmic ? std::array{0.1, 1.0} : std::array{0.0, 1.0};
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

ColorScale ColorScale::over(const Heatmap& heatmap) {
  const HeatmapStyle& style = heatmap.style;
  check_limit(style.vmin, option_name("vmin"), style.logarithmic);
  check_limit(style.vmax, option_name("vmax"), style.logarithmic);
  double low = style.vmin.value_or(0);
  double high = style.vmax.value_or(0);
  if (!style.vmin || !style.vmax) {
    const auto [least, greatest] = data_range(heatmap);
    if (!style.vmin) low = least;
    if (!style.vmax) high = greatest;
  }
  if (low > high) {
    if (style.vmin)
      throw usage_error(option_name("vmin"), shortest(low) + " is above the scale's other end, " + shortest(high));
    throw usage_error(option_name("vmax"), shortest(high) + " is below the scale's other end, " + shortest(low));
  }
  if (low == high) {
    constexpr double most = std::numeric_limits<double>::max();
    const double margin = low == 0 ? 0.1 : std::max(0.1 * std::abs(low), std::numeric_limits<double>::min());
    low = style.logarithmic ? low / 1.1 : std::max(low - margin, -most);
    high = std::min(high + margin, most);
  }
  return {low, high, style.logarithmic};
}

std::vector<Tick> scale_ticks(const ColorScale& scale, std::size_t most) {
  if (scale.logarithmic()) return decade_ticks(scale, most);
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
  const double largest = std::max(std::abs(low), std::abs(high));
  const bool is_short = decimals <= 4 && largest < 1e6;
  std::vector<Tick> ticks;
  for (double k = first(step); k <= last(step); ++k) {
    const double value = k * step;
    const int digits =
        value == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(value)) + tolerance)) + decimals;
    ticks.push_back({std::clamp(value, low, high),
                     is_short ? tick_text(value, std::max(decimals, 0)) : scientific_text(value, digits)});
  }
  return ticks;
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
