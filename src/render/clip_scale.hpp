// The default scale of long matrices: it ends where the numbers do that fill them, not at a few that are far greater.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "render/pool.hpp"
#include "render/scale.hpp"

namespace attn {

/// When a scale ends early, and where.
struct ClipRule {
  std::size_t long_side;            ///< a matrix of up to so many rows and columns keeps its scale
  double low_part;                  ///< how much of the scale looks the same
  std::size_t percent_in_low_part;  ///< so many cells in it are too many
  std::size_t percent_kept;         ///< the percentile where the scale ends then
  double most_beyond;               ///< not if what is above that has a greater share of the sum: it is what there is
  bool spares_numbers = true;       ///< not where cells have their numbers in them
};

/// Up to 64 rows and columns a picture has matplotlib's scale.
inline constexpr ClipRule clip_of_pictures{64, 1.0 / 20, 95, 99, 1};
/// Text has five shades, and few cells: a fifth of the scale is one shade.
inline constexpr ClipRule clip_of_text{16, 1.0 / 5, 90, 95, 0.75};

/// True if the style leaves the scale's ends to the numbers, and a matrix is long enough.
bool may_be_clipped(const Heatmap& heatmap, const ClipRule& rule = clip_of_pictures);

/// Lets scales end at the rule's percentile of the cells that are drawn on them, where that gives most cells a colour
/// that can be told from the lowest. So do the first rows' weights of a long causal matrix, 1, 1/2, ..., darken all
/// that follow. `grids` are the panels' cells. Returns a note that says so; empty if nothing changed.
std::string clip_scales(const Heatmap& heatmap, const std::vector<Grid>& grids, std::vector<ColorScale>& scales,
                        const ClipRule& rule = clip_of_pictures);

}  // namespace attn
