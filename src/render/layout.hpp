// The layout: where panels, labels and the colour bar stand, and how large the picture is.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "render/axis.hpp"
#include "render/font.hpp"
#include "render/scale.hpp"
#include "render/scene.hpp"

namespace attn {

/// Lengths of a picture's parts in pixels; matplotlib's points at the picture's dpi.
struct Lengths {
  Lengths(double dpi, std::size_t panels);

  double point;    ///< 1/72 inch
  double padding;  ///< around everything
  double title;    ///< letters of the picture's title, pixels per em
  double panel_title;
  double axis_title;
  double tick_label;
  double tick;      ///< a tick mark's length
  double tick_pad;  ///< between a tick mark and its label
  double line;      ///< a line's width
  double gap;       ///< between parts
  double bar_width;
};

/// Where one panel's cells are, and its labels (empty where a neighbour's serve).
struct PanelLayout {
  Box cells;
  AxisLabels rows;
  AxisLabels columns;
  bool has_x_title = false;  ///< it stands in the grid's last row
  bool has_y_title = false;  ///< it stands in the grid's first column
  double title_room = 0;     ///< the width that its title may have
};

struct Layout {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<PanelLayout> panels;
  Box bar;  ///< the colour bar
  std::vector<Tick> bar_ticks;
  double bar_text_width = 0;  ///< of its widest tick label
  double row_label_depth = 0;
  double column_label_depth = 0;
};

/// Cells are square, unless they would be too thin to see: a matrix more than four times as long as wide
/// with cells smaller than letters is widened. Without an explicit size the picture is at least
/// 6.4 × 4.8 inches for one panel and grows with labels, annotations and panels; matrices up to
/// 1024 cells get a pixel a cell at least. `annotation` is the widest annotation's width in pixels, 0
/// for none. Throws Error (usage, at `--size`) if the matrix has no room.
Layout lay_out(const Heatmap& heatmap, const ColorScale& scale, const Font& font, double annotation);

}  // namespace attn
