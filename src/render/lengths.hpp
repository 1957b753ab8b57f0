// How long a picture's parts are.
#pragma once

#include <cstddef>

namespace attn {

inline constexpr double inches = 72;  ///< points

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

}  // namespace attn
