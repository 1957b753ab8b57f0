// Where the colours of a page end when it opens: where those of a picture do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"

namespace attn {

/// The ends of scales that a picture lets end before the greatest number (see clip_scales); none where it does not.
struct OpeningEnds {
  std::optional<double> shared;            ///< of the scale of all panels
  std::vector<std::optional<double>> own;  ///< of each panel's
  std::string note;                        ///< what a picture would say of the scale that the page opens with, or empty
};

/// Of a page with these panels. Its own size does not count: cells are those of a picture in its natural size.
OpeningEnds opening_ends(const Heatmap& heatmap);

}  // namespace attn
