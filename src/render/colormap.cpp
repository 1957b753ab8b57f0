// Finds colour maps in the table, reversed ones too.
#include "render/colormap.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "attn/heatmap.hpp"
#include "core/nearest.hpp"
#include "core/option_name.hpp"
#include "core/text.hpp"

namespace attn {
namespace {

constexpr std::string_view reversed_suffix = "_r";

std::uint8_t hex_byte(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  return static_cast<std::uint8_t>(16 * value(digits[0]) + value(digits[1]));
}

const ColormapTable* find_table(std::string_view name) {
  for (const ColormapTable& table : colormap_tables())
    if (table.name == name) return &table;
  return nullptr;
}

[[noreturn]] void throw_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const std::string_view base : colormap_names()) {
    names.emplace_back(base);
    names.push_back(names.back() + std::string(reversed_suffix));
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string nearest = did_you_mean(name, candidates);
  throw usage_error(
      option_name("cmap"),
      "there is no colour map '" + std::string(name) + "'" +
          (nearest.empty() ? "; known are " + joined(colormap_names()) + ", each also with _r" : nearest));
}

}  // namespace

Colormap Colormap::named(std::string_view name) {
  const ColormapTable* table = find_table(name);
  const bool reverse = table == nullptr && name.ends_with(reversed_suffix);
  if (reverse) table = find_table(name.substr(0, name.size() - reversed_suffix.size()));
  // RdBu_r_r is none, though RdBu_r has a table.
  if (table == nullptr || (reverse && table->name.ends_with(reversed_suffix))) throw_unknown(name);

  Colormap map;
  for (std::size_t i = 0; i < map.colors_.size(); ++i) {
    const std::string_view digits = table->colors.substr(6 * i, 6);
    map.colors_[i] = {hex_byte(digits), hex_byte(digits.substr(2)), hex_byte(digits.substr(4))};
  }
  if (reverse) std::reverse(map.colors_.begin(), map.colors_.end());
  return map;
}

Colormap Colormap::centered(double low, double high, double center) const {
  const double reach = std::max(high - center, center - low);
  const auto place = [&](double value) { return (value - (center - reach)) / (2 * reach); };
  Colormap part;
  const auto last = static_cast<double>(part.colors_.size() - 1);
  for (std::size_t i = 0; i < part.colors_.size(); ++i)
    part.colors_[i] = at(std::lerp(place(low), place(high), static_cast<double>(i) / last));
  return part;
}

std::vector<std::string_view> colormap_names() {
  std::vector<std::string_view> names;
  for (const ColormapTable& table : colormap_tables())
    if (!table.name.ends_with(reversed_suffix)) names.push_back(table.name);
  return names;
}

}  // namespace attn
