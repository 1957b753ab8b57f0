// Where the colours of a page end when it opens: where those of a picture do.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"

namespace attn {

/// The ends of scales that a picture lets end before the greatest number (see clip_scales); none where it does not.
struct OpeningEnds {
  std::optional<double> shared;            ///< of the scale of all panels, if they share one
  std::vector<std::optional<double>> own;  ///< of each panel's, if it has one
  std::string note;                        ///< what a picture would say of it, or empty
};

/// Of the scales that a page with these panels opens with. Its own size does not count: cells are those of a picture in
/// its natural size; `ranges` are the panels' own. Of a shared scale with very many of them, those of every second
/// panel, or third, and so on.
OpeningEnds opening_ends(const Heatmap& heatmap, std::span<const ValueRange> ranges);

}  // namespace attn
