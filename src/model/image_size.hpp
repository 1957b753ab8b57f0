// The sizes that a preprocessor_config.json gives images.
#pragma once

#include <cstddef>
#include <string_view>

#include "io/json/config.hpp"

namespace attn::model {

struct Extent {
  std::size_t width, height;
};

/// What an image becomes by the member `name`: {height, width}, {shortest_edge}, {shortest_edge, longest_edge},
/// {max_height, max_width}, a list of height and width, or a number, which is the shortest edge's or both sides'.
/// Throws Error (data) for anything else, and for sides of less than 1 or more than 16384 pixels.
Extent size_for(const Extent& image, const io::Config& config, std::string_view name, bool number_is_shortest);

/// The same of a member that does not look at the image: {height, width}, a list of these, or a number that is both.
Extent fixed_size(const io::Config& config, std::string_view name);

}  // namespace attn::model
