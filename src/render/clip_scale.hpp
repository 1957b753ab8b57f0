// The default scale of long matrices: it ends where the numbers do that fill them, not at a few that are far greater.
#pragma once

#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "render/pool.hpp"
#include "render/scale.hpp"

namespace attn {

/// True if the style leaves the scale's ends to the numbers, and a matrix has more than 64 rows or columns.
bool may_be_clipped(const Heatmap& heatmap);

/// Lets scales end at the 99th percentile of the cells that are drawn on them, where that gives most cells a colour
/// that can be told from the lowest: at least 95 in 100 of them lie in the lowest 20th of the scale. So do the first
/// rows' weights of a long causal matrix, 1, 1/2, ..., darken all that follow. `grids` are the panels' cells. Returns a
/// note that says so; empty if nothing changed.
std::string clip_scales(const Heatmap& heatmap, const std::vector<Grid>& grids, std::vector<ColorScale>& scales);

}  // namespace attn
