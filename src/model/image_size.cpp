// Sizes in the arithmetic of transformers, whose last pixel of a side depends on it.
#include "model/image_size.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

namespace attn::model {
namespace {

using io::Config;

constexpr std::size_t most = 1 << 14;

std::size_t side(const Config& config, std::string_view name) {
  const std::optional<std::int64_t> value = config.integer(name);
  if (!value) throw data_error(config.where(name), "is missing");
  if (*value < 1 || *value > static_cast<std::int64_t>(most))
    throw data_error(config.where(name), std::to_string(*value) + " is no size of an image of 1 to 16384 pixels");
  return static_cast<std::size_t>(*value);
}

// Members that are null are none.
bool has_exactly(const Config& sizes, std::initializer_list<std::string_view> wanted) {
  std::size_t count = 0;
  for (const std::string& name : sizes.names()) count += sizes.has(name) ? 1U : 0U;
  return count == wanted.size() &&
         std::all_of(wanted.begin(), wanted.end(), [&](auto name) { return sizes.has(name); });
}

Error no_size(const Config& config, std::string_view name, const Config& sizes, const std::string& ways) {
  std::vector<std::string> names;
  for (const std::string& member : sizes.names()) names.push_back(printable(member));
  return data_error(config.where(name),
                    "has " + (names.empty() ? "no members" : listed(names)) + ", where " + ways + " are expected");
}

// A number, or {height, width} as an object or a list.
std::optional<Extent> fixed(const Config& config, std::string_view name) {
  if (config.is_list(name)) {
    const Config sides = *config.elements(name);
    if (sides.names().size() != 2)
      throw data_error(config.where(name),
                       "is a list of " + std::to_string(sides.names().size()) + "; height and width are expected");
    return Extent{side(sides, "1"), side(sides, "0")};
  }
  if (!config.is_object(name)) {
    const std::size_t both = side(config, name);
    return Extent{both, both};
  }
  const Config sizes = *config.object(name);
  if (!has_exactly(sizes, {"height", "width"})) return std::nullopt;
  return Extent{side(sizes, "width"), side(sizes, "height")};
}

// The shorter side as it is to be, and the longer one by the ratio of the sides.
Extent by_shortest(const Extent& image, std::size_t shortest, std::optional<std::size_t> longest) {
  const std::size_t shorter = std::min(image.width, image.height), longer = std::max(image.width, image.height);
  const auto as_double = [](std::size_t number) { return static_cast<double>(number); };
  std::optional<double> exact;  // of a shorter side that the longer one limits
  if (longest && as_double(longer) / as_double(shorter) * as_double(shortest) > as_double(*longest)) {
    exact = as_double(*longest) * as_double(shorter) / as_double(longer);
    shortest = static_cast<std::size_t>(std::nearbyint(*exact));
  }
  if (longest && shortest == shorter) return image;
  const double product = exact ? *exact * as_double(longer) : as_double(shortest * longer);
  const auto other = static_cast<std::size_t>(product / as_double(shorter));
  return image.width <= image.height ? Extent{shortest, other} : Extent{other, shortest};
}

// The largest of the image's form within a box.
Extent by_box(const Extent& image, std::size_t max_height, std::size_t max_width) {
  const auto width = static_cast<double>(image.width), height = static_cast<double>(image.height);
  const double scale = std::min(static_cast<double>(max_height) / height, static_cast<double>(max_width) / width);
  return {static_cast<std::size_t>(width * scale), static_cast<std::size_t>(height * scale)};
}

Extent by_object(const Extent& image, const Config& config, std::string_view name) {
  const Config sizes = *config.object(name);
  if (has_exactly(sizes, {"shortest_edge"})) return by_shortest(image, side(sizes, "shortest_edge"), std::nullopt);
  if (has_exactly(sizes, {"shortest_edge", "longest_edge"}))
    return by_shortest(image, side(sizes, "shortest_edge"), side(sizes, "longest_edge"));
  if (has_exactly(sizes, {"max_height", "max_width"}))
    return by_box(image, side(sizes, "max_height"), side(sizes, "max_width"));
  throw no_size(config, name, sizes,
                "height and width, shortest_edge alone or with longest_edge, or max_height and max_width");
}

}  // namespace

Extent fixed_size(const Config& config, std::string_view name) {
  if (const std::optional<Extent> size = fixed(config, name)) return *size;
  throw no_size(config, name, *config.object(name), "height and width");
}

Extent size_for(const Extent& image, const Config& config, std::string_view name, bool number_is_shortest) {
  const bool is_number = !config.is_object(name) && !config.is_list(name);
  if (!is_number || !number_is_shortest)
    if (const std::optional<Extent> size = fixed(config, name)) return *size;
  const Extent size = is_number ? by_shortest(image, side(config, name), std::nullopt) : by_object(image, config, name);
  if (std::min(size.width, size.height) < 1 || std::max(size.width, size.height) > most)
    throw data_error(config.where(name), "would make " + std::to_string(size.width) + " x " +
                                             std::to_string(size.height) + " pixels of " + std::to_string(image.width) +
                                             " x " + std::to_string(image.height) +
                                             "; sides of 1 to 16384 pixels are read");
  return size;
}

}  // namespace attn::model
