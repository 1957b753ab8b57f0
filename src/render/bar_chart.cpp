// Lays a bar chart out from top to bottom: title, notes, legend, bars, axis.
#include "render/bar_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/number.hpp"
#include "core/text.hpp"
#include "render/theme.hpp"

namespace attn {
namespace {

// Blue, orange, green, red of matplotlib's default cycle; the dark theme has them lighter (ColorBrewer's pairs).
constexpr std::array<Rgb, 4> light_colors{{{31, 119, 180}, {255, 127, 14}, {44, 160, 44}, {214, 39, 40}}};
constexpr std::array<Rgb, 4> dark_colors{{{107, 174, 214}, {253, 174, 107}, {116, 196, 118}, {251, 128, 114}}};
constexpr Rgb light_grid{224, 224, 224}, dark_grid{63, 63, 70};

// Letters on a bar: dark ones where they have more contrast than white ones by far.
Rgb ink_on(Rgb color) { return relative_luminance(color) > 0.25 ? Rgb{24, 24, 27} : Rgb{255, 255, 255}; }

class BarChartLayout {
 public:
  BarChartLayout(const BarChart& chart, const Font& font)
      : chart_(chart),
        font_(font),
        colors_(theme_colors(chart.theme)),
        point_(chart.dpi / 72),
        small_(9 * point_),
        row_(18 * point_) {}

  Scene draw() {
    double most = 1, labels = 0, notes = 0;
    for (const Bar& bar : chart_.bars) {
      most = std::max(most, bar.share.value_or(0));
      labels = std::max(labels, font_.width(bar.label, small_));
      notes = std::max(notes, font_.width(bar.note, small_));
      columns_.resize(std::max(columns_.size(), bar.columns.size()));
      for (std::size_t c = 0; c < bar.columns.size(); ++c)
        columns_[c] = std::max(columns_[c], font_.width(bar.columns[c], small_));
    }
    most = std::ceil(most * 5 - 1e-9) / 5;
    left_ = padding() + labels + gap();
    whole_ = bar_room * point_;
    right_ = left_ + whole_ * most;
    // Half of the axis' last number is past its end.
    double width = std::max(right_ + 2 * gap(), left_ + gap() + notes);
    for (double& column : columns_) column = width += column + 2 * gap();
    width += padding();
    double y = padding();
    y = heading(y, width);
    y = legend(y, width);
    const double top = y, bottom = y + static_cast<double>(chart_.bars.size()) * row_;
    grid(top, bottom, most);
    for (std::size_t i = 0; i < chart_.bars.size(); ++i) bar(chart_.bars[i], top + static_cast<double>(i) * row_);
    line(left_, top, left_, bottom, colors_.frame);
    y = axis(bottom);
    scene_.width = static_cast<std::size_t>(std::ceil(width));
    scene_.height = static_cast<std::size_t>(std::ceil(y + padding()));
    scene_.dpi = chart_.dpi;
    scene_.background = colors_.background;
    describe();
    return std::move(scene_);
  }

 private:
  // In words, for those who do not see it.
  void describe() {
    scene_.title = chart_.title.empty() ? "Bar chart" : chart_.title;
    std::string& words = scene_.description;
    for (const std::string& note : chart_.notes) words += note + ". ";
    words += "Bar chart of " + counted(chart_.bars.size(), "bar");
    if (!chart_.axis.empty()) words += ", " + chart_.axis;
    for (const Bar& bar : chart_.bars)
      words += "; " + bar.label + ": " + (bar.share ? percents_of(*bar.share) : bar.note) +
               (bar.columns.empty() ? "" : ", " + joined(bar.columns));
    words += '.';
  }

  static std::string percents_of(double share) { return fixed(100 * share, 0) + " %"; }

  static constexpr double bar_room = 320;  // points from 0 to 100 %

  double padding() const { return 12 * point_; }
  double gap() const { return 6 * point_; }

  void text(std::string words, double x, double y, double size, HorizontalAnchor horizontal, VerticalAnchor vertical) {
    scene_.shapes.emplace_back(Text{std::move(words), x, y, size, colors_.text, horizontal, vertical, 0});
  }
  void line(double x0, double y0, double x1, double y1, Rgb color) {
    scene_.shapes.emplace_back(Line{x0, y0, x1, y1, 0.8 * point_, color});
  }

  double heading(double y, double& width) {
    const double title = 13 * point_;
    if (!chart_.title.empty()) {
      text(chart_.title, padding(), y, title, HorizontalAnchor::start, VerticalAnchor::top);
      width = std::max(width, 2 * padding() + font_.width(chart_.title, title));
      y += font_.line_height(title);
    }
    for (const std::string& note : chart_.notes) {
      text(note, padding(), y, small_, HorizontalAnchor::start, VerticalAnchor::top);
      width = std::max(width, 2 * padding() + font_.width(note, small_));
      y += font_.line_height(small_);
    }
    return y + gap();
  }

  // Nothing where all bars have one colour and the axis says what it is.
  double legend(double y, double& width) {
    double x = left_;
    const double box = font_.cap_height(small_);
    bool any = false;
    for (std::size_t s = 0; s < chart_.series.size(); ++s) {
      const auto has = [&](const Bar& bar) { return bar.share && bar.series == s; };
      if (std::none_of(chart_.bars.begin(), chart_.bars.end(), has)) continue;
      scene_.shapes.emplace_back(FilledBox{{x, y, box, box}, color_of(s)});
      x += box + 0.6 * gap();
      text(chart_.series[s], x, y, small_, HorizontalAnchor::start, VerticalAnchor::top);
      x += font_.width(chart_.series[s], small_) + 3 * gap();
      any = true;
    }
    width = std::max(width, x);
    return any ? y + font_.line_height(small_) + gap() : y;
  }

  void grid(double top, double bottom, double most) {
    const Rgb color = chart_.theme == Theme::dark ? dark_grid : light_grid;
    for (int step = 0; step <= static_cast<int>(std::lround(most * 5)); ++step) {
      const double x = left_ + whole_ * step / 5;
      if (step != 0) line(x, top, x, bottom, step == 5 ? colors_.frame : color);
      text(std::to_string(20 * step) + " %", x, bottom + gap(), small_, HorizontalAnchor::center, VerticalAnchor::top);
    }
  }

  void bar(const Bar& bar, double y) {
    const double middle = y + 0.5 * row_;
    text(bar.label, left_ - gap(), middle, small_, HorizontalAnchor::end, VerticalAnchor::middle);
    for (std::size_t c = 0; c < bar.columns.size(); ++c)
      text(bar.columns[c], columns_[c], middle, small_, HorizontalAnchor::end, VerticalAnchor::middle);
    if (!bar.share)
      return text(bar.note, left_ + gap(), middle, small_, HorizontalAnchor::start, VerticalAnchor::middle);
    const double length = whole_ * std::max(0.0, *bar.share);
    const Rgb color = color_of(bar.series);
    scene_.shapes.emplace_back(FilledBox{{left_, y + 0.15 * row_, length, 0.7 * row_}, color});
    const std::string percents = percents_of(*bar.share);
    const bool inside = font_.width(percents, small_) + 2 * gap() < length;
    scene_.shapes.emplace_back(Text{
        percents, left_ + length + (inside ? -gap() : gap()), middle, small_, inside ? ink_on(color) : colors_.text,
        inside ? HorizontalAnchor::end : HorizontalAnchor::start, VerticalAnchor::middle, 0});
  }

  double axis(double y) {
    y += gap() + font_.line_height(small_);
    if (chart_.axis.empty()) return y;
    text(chart_.axis, left_ + 0.5 * whole_, y + 0.5 * gap(), 10 * point_, HorizontalAnchor::center,
         VerticalAnchor::top);
    return y + 0.5 * gap() + font_.cap_height(10 * point_);
  }

  Rgb color_of(std::size_t series) const {
    return (chart_.theme == Theme::dark ? dark_colors : light_colors)[series % light_colors.size()];
  }

  const BarChart& chart_;
  const Font& font_;
  ThemeColors colors_;
  double point_;
  double small_;  // letters
  double row_;    // a bar's height, and the room about it
  double left_ = 0, right_ = 0, whole_ = 0;
  std::vector<double> columns_;  // their right ends
  Scene scene_;
};

}  // namespace

Scene draw_bar_chart(const BarChart& chart, const Font& font) { return BarChartLayout(chart, font).draw(); }

std::string render_picture(const BarChart& chart, const PictureFormat& format) {
  const Font& font = Font::built_in();
  return format.encode(draw_bar_chart(chart, font), font);
}

}  // namespace attn
