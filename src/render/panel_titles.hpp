// The titles of a grid's panels, as far as they have room.
#pragma once

#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "render/font.hpp"

namespace attn {

struct PanelTitles {
  std::vector<std::string> texts;  ///< of each panel
  Cut cut = Cut::end;              ///< where those that are still too long are cut
};

/// Titles in letters of `size` pixels, for a room of so many pixels each. Where that is too narrow for one of several
/// such as "Layer 1, Head 3", all are as "L1 H3" is.
PanelTitles titles_for(const std::vector<Panel>& panels, double size, double room, const Font& font);

}  // namespace attn
