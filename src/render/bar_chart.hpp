// Bar charts: shares of a whole as horizontal bars with a label and a text each.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attn/picture.hpp"
#include "render/font.hpp"
#include "render/scene.hpp"

namespace attn {

struct Bar {
  std::string label;                 ///< to the left
  std::optional<double> share;       ///< the bar's length, which is written at its end as percents; none: no bar
  std::string note;                  ///< in the bar's place where there is none
  std::vector<std::string> columns;  ///< to the right of the bars
  std::size_t series = 0;            ///< whose colour the bar has
};

struct BarChart {
  std::string title;
  std::vector<std::string> notes;   ///< lines under the title
  std::vector<std::string> series;  ///< what each colour means; the legend has those that bars have
  std::vector<Bar> bars;            ///< from top to bottom
  std::string axis;                 ///< under the axis of percents
  Theme theme = Theme::light;
  double dpi = 100;
};

/// The picture: 0 to 100 % from left to right, further if a share is greater; as high as the bars need.
Scene draw_bar_chart(const BarChart& chart, const Font& font);
/// The same as the bytes of a file, with the built-in font.
std::string render_picture(const BarChart& chart, const PictureFormat& format);

}  // namespace attn
