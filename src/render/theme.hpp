// Themes: the colours of everything but the cells.
#pragma once

#include "attn/heatmap.hpp"
#include "render/color.hpp"

namespace attn {

struct ThemeColors {
  Rgb background;
  Rgb text;
  Rgb frame;
  Rgb bad;     ///< cells without a colour of their own: NaN, infinities
  Rgb masked;  ///< cells that a mask hides: the background, as seaborn leaves them blank
};

inline ThemeColors theme_colors(Theme theme) {
  switch (theme) {
    case Theme::dark: return {{24, 24, 27}, {228, 228, 231}, {161, 161, 170}, {82, 82, 91}, {24, 24, 27}};
    case Theme::light: break;
  }
  return {{255, 255, 255}, {0, 0, 0}, {0, 0, 0}, {211, 211, 211}, {255, 255, 255}};
}

}  // namespace attn
