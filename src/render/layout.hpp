// The layout: where panels, labels and the colour bar stand, and how large the picture is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "render/axis.hpp"
#include "render/font.hpp"
#include "render/lengths.hpp"
#include "render/scale.hpp"
#include "render/scene.hpp"

namespace attn {

/// Where one panel's cells are, and its labels (empty where a neighbour's serve).
struct PanelLayout {
  Box cells;
  AxisLabels rows;
  AxisLabels columns;
  bool has_x_title = false;  ///< it stands in the grid's last row
  bool has_y_title = false;  ///< it stands in the grid's first column
  double title_room = 0;     ///< the width that its title may have
};

/// A colour bar.
struct BarLayout {
  Box box;
  Ticks ticks;
};

struct Layout {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<PanelLayout> panels;
  std::vector<BarLayout> bars;  ///< one for each scale; or none, where there is no room for several
  double bar_text_width = 0;    ///< of their widest tick label
  double row_label_depth = 0;
  double column_label_depth = 0;
  bool is_bare = false;  ///< a grid had no room for the panels' labels and titles, which are left out
};

/// What a layout is made for.
struct LayoutRequest {
  const Heatmap& heatmap;
  const std::vector<ColorScale>& scales;  ///< see scales_of
  const Font& font;
  double annotation = 0;       ///< the widest annotation's width in pixels; 0: none
  bool scale_may_end = false;  ///< the scale may yet be clipped: its last tick has room
};

/// Cells are square, unless they would be too thin to see: a matrix more than four times as long as wide
/// with cells smaller than letters is widened. Without an explicit size the picture is at least
/// 6.4 × 4.8 inches for one panel (a side along which a matrix is much the shorter is as long as its parts), and grows
/// with labels, annotations and panels; 129 to 512 cells of one panel get 800 pixels at 100 dpi or more, and matrices
/// up to 1024 cells a whole number of pixels a cell. The panels of a grid give up space between them, then labels and
/// titles, to fit into an explicit size. Throws Error (usage, at `--size`) if a matrix has no room even so.
Layout lay_out(const LayoutRequest& request);

}  // namespace attn
