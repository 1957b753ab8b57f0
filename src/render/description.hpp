// What a heatmap shows, in words: for screen readers and search.
#pragma once

#include <string>
#include <vector>

#include "render/scale.hpp"

namespace attn {

/// The picture's title, or what it is where it has none.
std::string title_in_words(const Heatmap& heatmap);
/// "2 panels: Head 0, Head 1. 4 rows (Query): The, cat, sat, down. 4 columns (Key): … Colours from 0 to 0.91, viridis."
/// Long lists are cut. `scales` as scales_of has them.
std::string describe(const Heatmap& heatmap, const std::vector<ColorScale>& scales);

}  // namespace attn
