// Heatmaps as text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "attn/picture.hpp"

namespace attn {

/// What a terminal can show.
struct TerminalStyle {
  bool color = true;                                ///< 24-bit colour escapes; otherwise shades of block characters
  std::size_t columns = 80;                         ///< its width
  std::size_t rows = 24;                            ///< its height: larger matrices are pooled into it
  static constexpr std::size_t any_rows = 100'000;  ///< a height that no picture reaches for what is below its width
  bool of_256 = false;                              ///< colours of xterm's palette of 256 instead of 24-bit ones
};

/// The picture as lines for a terminal: each cell with its labels where they fit, otherwise two cells a
/// character, pooled into the window. Throws as render_picture does for what both need.
std::string render_terminal(const Heatmap& heatmap, const TerminalStyle& terminal);

/// The cells of each panel on a terminal, as `drawn_cells` gives those of a picture.
std::vector<GridSize> terminal_cells(const Heatmap& heatmap, const TerminalStyle& terminal);

}  // namespace attn
