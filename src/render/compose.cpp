// Turns a layout and the values into shapes: cells, frames, ticks, texts.
#include "render/compose.hpp"

#include <algorithm>
#include <cmath>

#include "attn/error.hpp"
#include "attn/picture.hpp"
#include "core/option_name.hpp"
#include "render/colormap.hpp"
#include "render/description.hpp"
#include "render/layout.hpp"
#include "render/number_format.hpp"
#include "render/overlay.hpp"
#include "render/pool.hpp"
#include "render/theme.hpp"

namespace attn {
namespace {

class Composer {
 public:
  Composer(const Heatmap& heatmap, const Font& font)
      : heatmap_(heatmap),
        style_(heatmap.style),
        font_(font),
        colormap_(Colormap::named(style_.colormap)),
        format_(NumberFormat::parse(style_.number_format, option_name("fmt"))),
        scale_(ColorScale::over(heatmap)),
        theme_(theme_colors(style_.theme)),
        lengths_(style_.dpi, heatmap.panels.size()) {}

  Scene compose() {
    if (style_.annotate) measure_annotations();
    layout_ = lay_out(heatmap_, scale_, font_, annotation_width_);
    scene_ = {layout_.width, layout_.height, style_.dpi, theme_.background, {}};
    add_title();
    for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) add_panel(heatmap_.panels[p], layout_.panels[p]);
    add_colorbar();
    scene_.title = title_in_words(heatmap_);
    scene_.description = describe(heatmap_, scale_);
    return std::move(scene_);
  }

 private:
  // The widest number decides how large the cells are.
  void measure_annotations() {
    constexpr std::size_t most = 100 * 100;
    for (const Panel& panel : heatmap_.panels) {
      if (panel.rows() * panel.columns() > most)
        throw usage_error(option_name("annot"),
                          "a matrix of " + std::to_string(panel.rows()) + " x " + std::to_string(panel.columns()) +
                              " has too many cells for numbers; leave " + option_name("annot") + " out");
      for (const double value : cells_of(panel).values)
        annotation_width_ = std::max(annotation_width_, font_.width(format_(value), lengths_.tick_label));
    }
  }

  static Grid cells_of(const Panel& panel) { return pool(panel.values, panel.rows(), panel.columns()); }

  Rgb color_of(double value) const {
    const double fraction = scale_.fraction(value);
    return std::isnan(fraction) ? theme_.bad : colormap_.at(fraction);
  }

  void add_text(Text text, double room) {
    text.text = font_.elide(text.text, text.size, std::max(room, text.size));
    if (!text.text.empty()) scene_.shapes.emplace_back(std::move(text));
  }

  void add_title() {
    const auto width = static_cast<double>(scene_.width);
    const double y = lengths_.padding + font_.ascent(lengths_.title);
    add_text({style_.title, width / 2, y, lengths_.title, theme_.text, HorizontalAnchor::center,
              VerticalAnchor::baseline, 0},
             width - 2 * lengths_.padding);
  }

  void add_panel(const Panel& panel, const PanelLayout& place) {
    const Box& box = place.cells;
    const Grid grid =
        pool(panel.values, static_cast<std::size_t>(box.height), static_cast<std::size_t>(box.width), style_.pooling);
    Cells cells{box, grid.rows, grid.columns, {}};
    cells.colors.reserve(grid.values.size());
    for (const double value : grid.values) cells.colors.push_back(color_of(value));
    if (panel.background) {
      ImageBox image = over_background(*panel.background, box, grid);
      for (std::size_t cell = 0; cell < cells.colors.size(); ++cell)
        cells.colors[cell] = color_under(image, cell / grid.columns, cell % grid.columns, grid);
      scene_.shapes.emplace_back(std::move(image));
    } else {
      scene_.shapes.emplace_back(cells);
    }
    if (style_.annotate) add_annotations(cells, grid);
    add_frame(box);
    add_panel_title(panel.title, place);
    add_row_labels(place, panel.rows());
    add_column_labels(place, panel.columns());
    add_axis_titles(place);
  }

  ImageBox over_background(const Image& image, const Box& box, const Grid& grid) const {
    Shares shares{grid.rows, grid.columns, {}};
    for (const double value : grid.values) shares.values.push_back(scale_.fraction(value));
    const auto width = static_cast<std::size_t>(box.width), height = static_cast<std::size_t>(box.height);
    return {{box, height, width, overlaid(image, shares, width, height, [this](double share) {
               return std::isnan(share) ? theme_.bad : colormap_.at(share);
             })}};
  }

  // In the middle of a cell, where its number stands.
  static Rgb color_under(const ImageBox& image, std::size_t row, std::size_t column, const Grid& grid) {
    const std::size_t y = (2 * row + 1) * image.pixels.rows / (2 * grid.rows);
    const std::size_t x = (2 * column + 1) * image.pixels.columns / (2 * grid.columns);
    return image.pixels.colors[y * image.pixels.columns + x];
  }

  void add_annotations(const Cells& cells, const Grid& grid) {
    const double width = cells.box.width / static_cast<double>(grid.columns);
    const double height = cells.box.height / static_cast<double>(grid.rows);
    const double margin = 0.3 * lengths_.tick_label;
    const double shrink = std::min(
        {1.0, (width - margin) / annotation_width_, (height - margin) / font_.cap_height(lengths_.tick_label)});
    const double size = shrink * lengths_.tick_label;
    if (size < 5)
      throw usage_error(option_name("annot"),
                        std::string("the picture's cells are too small for numbers; give a larger ") +
                            option_name("size") + ", a shorter " + option_name("fmt") + ", or leave " +
                            option_name("annot") + " out");
    const Box& box = cells.box;
    for (std::size_t i = 0; i < grid.rows; ++i)
      for (std::size_t j = 0; j < grid.columns; ++j) {
        const std::size_t cell = i * grid.columns + j;
        if (std::isnan(grid.values[cell])) continue;  // the colour says so
        scene_.shapes.emplace_back(Text{format_(grid.values[cell]), box.x + (static_cast<double>(j) + 0.5) * width,
                                        box.y + (static_cast<double>(i) + 0.5) * height, size,
                                        text_color_on(cells.colors[cell]), HorizontalAnchor::center,
                                        VerticalAnchor::middle, 0});
      }
  }

  void add_line(double x0, double y0, double x1, double y1) {
    scene_.shapes.emplace_back(Line{x0, y0, x1, y1, lengths_.line, theme_.frame});
  }

  // Four lines just outside the box, so that no cell loses a pixel.
  void add_frame(const Box& box) {
    const double width = std::max(1.0, std::round(lengths_.line));
    const auto add = [this](Box side) { scene_.shapes.emplace_back(FilledBox{side, theme_.frame}); };
    add({box.x - width, box.y - width, box.width + 2 * width, width});
    add({box.x - width, box.bottom(), box.width + 2 * width, width});
    add({box.x - width, box.y, width, box.height});
    add({box.right(), box.y, width, box.height});
  }

  void add_panel_title(const std::string& title, const PanelLayout& place) {
    const double width = std::min(font_.width(title, lengths_.panel_title), place.title_room);
    const double least = lengths_.padding + width / 2;
    const double most = static_cast<double>(scene_.width) - least;
    const double center = place.cells.x + place.cells.width / 2;
    add_text({title, most > least ? std::clamp(center, least, most) : center, place.cells.y - lengths_.gap / 2,
              lengths_.panel_title, theme_.text, HorizontalAnchor::center, VerticalAnchor::baseline, 0},
             place.title_room);
  }

  void add_row_labels(const PanelLayout& place, std::size_t count) {
    const double pitch = place.cells.height / static_cast<double>(count);
    const double x = place.cells.x;
    for (const AxisLabel& label : place.rows.labels) {
      const double y = place.cells.y + (static_cast<double>(label.index) + 0.5) * pitch;
      add_line(x - lengths_.tick, y, x, y);
      scene_.shapes.emplace_back(Text{label.text, x - lengths_.tick - lengths_.tick_pad, y, lengths_.tick_label,
                                      theme_.text, HorizontalAnchor::end, VerticalAnchor::middle, 0});
    }
  }

  void add_column_labels(const PanelLayout& place, std::size_t count) {
    const double pitch = place.cells.width / static_cast<double>(count);
    const double y = place.cells.bottom();
    const bool turned = place.columns.angle != 0;
    for (const AxisLabel& label : place.columns.labels) {
      const double x = place.cells.x + (static_cast<double>(label.index) + 0.5) * pitch;
      add_line(x, y, x, y + lengths_.tick);
      scene_.shapes.emplace_back(Text{label.text, x, y + lengths_.tick + lengths_.tick_pad, lengths_.tick_label,
                                      theme_.text, turned ? HorizontalAnchor::end : HorizontalAnchor::center,
                                      turned ? VerticalAnchor::middle : VerticalAnchor::top, place.columns.angle});
    }
  }

  void add_axis_titles(const PanelLayout& place) {
    const Box& box = place.cells;
    const double ticks = lengths_.tick + lengths_.tick_pad;
    if (place.has_x_title)
      add_text({style_.x_label, box.x + box.width / 2, box.bottom() + ticks + place.columns.depth + lengths_.gap / 2,
                lengths_.axis_title, theme_.text, HorizontalAnchor::center, VerticalAnchor::top, 0},
               place.title_room);
    if (place.has_y_title)
      add_text({style_.y_label, box.x - ticks - layout_.row_label_depth - lengths_.gap / 2, box.y + box.height / 2,
                lengths_.axis_title, theme_.text, HorizontalAnchor::center, VerticalAnchor::baseline, 90},
               static_cast<double>(scene_.height) - 2 * lengths_.padding);
  }

  void add_colorbar() {
    const Box& bar = layout_.bar;
    const std::vector<Rgb> colors(colormap_.colors().rbegin(), colormap_.colors().rend());
    scene_.shapes.emplace_back(Cells{bar, colors.size(), 1, colors});
    add_frame(bar);
    const double text_x = bar.right() + lengths_.tick + lengths_.tick_pad;
    for (const Tick& tick : layout_.bar_ticks) {
      const double y = bar.bottom() - scale_.fraction(tick.value) * bar.height;
      add_line(bar.right(), y, bar.right() + lengths_.tick, y);
      scene_.shapes.emplace_back(Text{tick.text, text_x, y, lengths_.tick_label, theme_.text, HorizontalAnchor::start,
                                      VerticalAnchor::middle, 0});
    }
    add_text({style_.colorbar_label, text_x + layout_.bar_text_width + lengths_.gap / 2, bar.y + bar.height / 2,
              lengths_.axis_title, theme_.text, HorizontalAnchor::center, VerticalAnchor::top, 90},
             static_cast<double>(scene_.height) - 2 * lengths_.padding);
  }

  const Heatmap& heatmap_;
  const HeatmapStyle& style_;
  const Font& font_;
  Colormap colormap_;
  NumberFormat format_;
  ColorScale scale_;
  ThemeColors theme_;
  Lengths lengths_;
  double annotation_width_ = 0;
  Layout layout_;
  Scene scene_;
};

}  // namespace

Scene compose(const Heatmap& heatmap, const Font& font) {
  check_heatmap(heatmap);
  return Composer(heatmap, font).compose();
}

std::vector<GridSize> drawn_cells(const Heatmap& heatmap) {
  check_heatmap(heatmap);
  std::unique_ptr<Font> storage;
  const Layout layout = lay_out(heatmap, ColorScale::over(heatmap), font_of(heatmap.style, storage), 0);
  std::vector<GridSize> sizes;
  for (std::size_t p = 0; p < heatmap.panels.size(); ++p) {
    const Box& box = layout.panels[p].cells;
    sizes.push_back({std::min(heatmap.panels[p].rows(), static_cast<std::size_t>(box.height)),
                     std::min(heatmap.panels[p].columns(), static_cast<std::size_t>(box.width))});
  }
  return sizes;
}

const Font& font_of(const HeatmapStyle& style, std::unique_ptr<Font>& storage) {
  if (style.font.empty()) return Font::built_in();
  storage = std::make_unique<Font>(style.font, option_name("font"));
  return *storage;
}

}  // namespace attn
