// The lengths in points; many panels have smaller letters.
#include "render/lengths.hpp"

#include <cmath>

namespace attn {

Lengths::Lengths(double dpi, std::size_t panels)
    : point(dpi / 72),
      padding(8 * point),
      title(12 * point),
      panel_title((panels == 1    ? 12
                   : panels <= 16 ? 11
                                  : 9) *
                  point),
      axis_title(10 * point),
      tick_label((panels <= 3    ? 10
                  : panels <= 16 ? 9
                                 : 8) *
                 point),
      tick(3.5 * point),
      tick_pad(3.5 * point),
      line(0.8 * point),
      gap(12 * point),
      bar_width(std::round(14 * point)) {}

}  // namespace attn
