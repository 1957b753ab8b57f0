// The grid that several panels stand in.
#pragma once

#include <cstddef>

#include "attn/heatmap.hpp"

namespace attn {

/// How many panels stand in a row: as many as the style asks for; else a row is a layer, if there are several layers of
/// as many panels each; else few places are empty, and the grid is somewhat wider than high.
std::size_t columns_of_grid(const Heatmap& heatmap);

}  // namespace attn
