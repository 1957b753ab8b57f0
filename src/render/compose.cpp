// Turns a layout and the values into shapes: cells, frames, ticks, texts.
#include "render/compose.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

#include "attn/error.hpp"
#include "attn/picture.hpp"
#include "core/option_name.hpp"
#include "render/clip_scale.hpp"
#include "render/colormap.hpp"
#include "render/description.hpp"
#include "render/layout.hpp"
#include "render/number_format.hpp"
#include "render/overlay.hpp"
#include "render/panel_titles.hpp"
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
        format_(NumberFormat::parse(style_.number_format, option_name("fmt"))),
        scales_(scales_of(heatmap)),
        theme_(theme_colors(style_.theme)),
        lengths_(style_.dpi, heatmap.panels.size()) {}

  Scene compose() {
    if (style_.annotate) measure_annotations();
    make_layout();
    for (const Panel& panel : heatmap_.panels) grids_.push_back(drawn(panel, layout_.panels[grids_.size()].cells));
    if (const std::string note = clip_scales(heatmap_, grids_, scales_); !note.empty()) {
      tell(note);
      make_layout();  // with other ticks; the cells are as large as before
    }
    make_colormaps();
    scene_.width = layout_.width;
    scene_.height = layout_.height;
    scene_.dpi = style_.dpi;
    scene_.background = theme_.background;
    if (layout_.is_bare) tell("the panels' labels and titles have no room at this size");
    add_title();
    // Panels of a grid have one room for their titles.
    titles_ = titles_for(heatmap_.panels, lengths_.panel_title, layout_.panels.front().title_room, font_);
    for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) add_panel(p);
    for (std::size_t s = 0; s < layout_.bars.size(); ++s) add_colorbar(s);
    note_missing_glyphs();
    scene_.title = title_in_words(heatmap_);
    scene_.description = describe(heatmap_, scales_);
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

  static Grid cells_of(const Panel& panel) {
    return pool(panel.values, panel.rows(), panel.columns(), Pooling::mean, panel.masked);
  }

  Grid drawn(const Panel& panel, const Box& box) const {
    return pool(panel.values, static_cast<std::size_t>(box.height), static_cast<std::size_t>(box.width), style_.pooling,
                panel.masked);
  }

  void tell(const std::string& note) const {
    if (style_.note) style_.note(note);
  }

  void make_layout() { layout_ = lay_out({heatmap_, scales_, font_, annotation_width_, may_be_clipped(heatmap_)}); }

  void make_colormaps() {
    const Colormap whole = Colormap::named(style_.colormap);
    for (const ColorScale& scale : scales_)
      colormaps_.push_back(style_.center ? whole.centered(scale.low(), scale.high(), *style_.center) : whole);
  }

  // The characters that no font has, for people to know why boxes stand for them.
  void note_missing_glyphs() {
    std::set<char32_t> missing;
    for (const Shape2D& shape : scene_.shapes)
      if (const auto* text = std::get_if<Text>(&shape)) font_.add_missing(text->text, missing);
    if (!missing.empty()) tell(missing_text(missing));
  }

  void add_text(Text text, double room, Cut cut = Cut::end) {
    text.text = font_.elide(text.text, text.size, std::max(room, text.size), cut);
    if (!text.text.empty()) scene_.shapes.emplace_back(std::move(text));
  }

  void add_title() {
    const auto width = static_cast<double>(scene_.width);
    const double y = lengths_.padding + font_.ascent(lengths_.title);
    add_text({style_.title, width / 2, y, lengths_.title, theme_.text, HorizontalAnchor::center,
              VerticalAnchor::baseline, 0},
             width - 2 * lengths_.padding);
  }

  Cells cells_in(const Box& box, const Grid& grid, std::size_t scale) const {
    Cells cells{box, grid.rows, grid.columns, {}};
    cells.colors.reserve(grid.values.size());
    for (std::size_t k = 0; k < grid.values.size(); ++k) {
      const double fraction = scales_[scale].fraction(grid.values[k]);
      cells.colors.push_back(grid.is_masked(k)      ? theme_.masked
                             : std::isnan(fraction) ? theme_.bad
                                                    : colormaps_[scale].at(fraction));
    }
    return cells;
  }

  void add_panel(std::size_t p) {
    const Panel& panel = heatmap_.panels[p];
    const PanelLayout& place = layout_.panels[p];
    const Box& box = place.cells;
    const Grid grid = std::move(grids_[p]);
    Cells cells = cells_in(box, grid, scale_index(scales_, p));
    std::optional<ImageBox> image;
    if (panel.background) {
      image = over_background(*panel.background, box, grid, scale_index(scales_, p));
      for (std::size_t cell = 0; cell < cells.colors.size(); ++cell)
        cells.colors[cell] = color_under(*image, cell / grid.columns, cell % grid.columns, grid);
    }
    std::vector<Text> numbers;
    if (style_.annotate) numbers = annotations(cells, grid);
    if (image) {
      scene_.shapes.emplace_back(std::move(*image));
    } else {
      scene_.shapes.emplace_back(std::move(cells));
    }
    for (Text& number : numbers) scene_.shapes.emplace_back(std::move(number));
    add_frame(box);
    if (!layout_.is_bare) add_panel_title(titles_.texts[p], place);
    add_row_labels(place, panel.rows());
    add_column_labels(place, panel.columns());
    add_axis_titles(place);
  }

  ImageBox over_background(const Image& image, const Box& box, const Grid& grid, std::size_t scale) const {
    Shares shares{grid.rows, grid.columns, {}};
    for (const double value : grid.values) shares.values.push_back(scales_[scale].fraction(value));
    const auto width = static_cast<std::size_t>(box.width), height = static_cast<std::size_t>(box.height);
    return {{box, height, width, overlaid(image, shares, width, height, [this, scale](double share) {
               return std::isnan(share) ? theme_.bad : colormaps_[scale].at(share);
             })}};
  }

  // In the middle of a cell, where its number stands.
  static Rgb color_under(const ImageBox& image, std::size_t row, std::size_t column, const Grid& grid) {
    const std::size_t y = (2 * row + 1) * image.pixels.rows / (2 * grid.rows);
    const std::size_t x = (2 * column + 1) * image.pixels.columns / (2 * grid.columns);
    return image.pixels.colors[y * image.pixels.columns + x];
  }

  // The cells' numbers, in colours that can be read on them.
  std::vector<Text> annotations(const Cells& cells, const Grid& grid) const {
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
    std::vector<Text> numbers;
    for (std::size_t i = 0; i < grid.rows; ++i)
      for (std::size_t j = 0; j < grid.columns; ++j) {
        const std::size_t cell = i * grid.columns + j;
        if (std::isnan(grid.values[cell]) || grid.is_masked(cell)) continue;  // the colour says so
        numbers.push_back({format_(grid.values[cell]), box.x + (static_cast<double>(j) + 0.5) * width,
                           box.y + (static_cast<double>(i) + 0.5) * height, size, text_color_on(cells.colors[cell]),
                           HorizontalAnchor::center, VerticalAnchor::middle, 0});
      }
    return numbers;
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
             place.title_room, titles_.cut);
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

  void add_colorbar(std::size_t s) {
    const auto& [bar, ticks] = layout_.bars[s];
    const std::array<Rgb, 256>& map = colormaps_[s].colors();
    CountedVector<Rgb> colors(map.rbegin(), map.rend());
    // Other colours would stand for numbers that are not there.
    if (const std::optional<double>& only = scales_[s].only())
      colors.assign(1, colormaps_[s].at(scales_[s].fraction(*only)));
    scene_.shapes.emplace_back(Cells{bar, colors.size(), 1, colors});
    add_frame(bar);
    const double text_x = bar.right() + lengths_.tick + lengths_.tick_pad;
    for (const Tick& tick : ticks.ticks) {
      const double y = bar.bottom() - scales_[s].fraction(tick.value) * bar.height;
      add_line(bar.right(), y, bar.right() + lengths_.tick, y);
      scene_.shapes.emplace_back(Text{tick.text, text_x, y, lengths_.tick_label, theme_.text, HorizontalAnchor::start,
                                      VerticalAnchor::middle, 0});
    }
    if (!ticks.offset.empty())
      scene_.shapes.emplace_back(Text{ticks.offset, bar.x, bar.y - lengths_.tick_pad - lengths_.tick_label / 2,
                                      lengths_.tick_label, theme_.text, HorizontalAnchor::start,
                                      VerticalAnchor::baseline, 0});
    // Of several bars, the last one's label stands for all.
    if (s + 1 == layout_.bars.size())
      add_text({style_.colorbar_label, text_x + layout_.bar_text_width + lengths_.gap / 2, bar.y + bar.height / 2,
                lengths_.axis_title, theme_.text, HorizontalAnchor::center, VerticalAnchor::top, 90},
               static_cast<double>(scene_.height) - 2 * lengths_.padding);
  }

  const Heatmap& heatmap_;
  const HeatmapStyle& style_;
  const Font& font_;
  NumberFormat format_;
  std::vector<ColorScale> scales_;
  std::vector<Colormap> colormaps_;  // of each scale
  ThemeColors theme_;
  Lengths lengths_;
  double annotation_width_ = 0;
  Layout layout_;
  PanelTitles titles_;
  std::vector<Grid> grids_;  // of each panel, until it is drawn
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
  const std::vector<ColorScale> scales = scales_of(heatmap);
  const Layout layout = lay_out({heatmap, scales, font_of(heatmap.style, storage), 0, may_be_clipped(heatmap)});
  std::vector<GridSize> sizes;
  for (std::size_t p = 0; p < heatmap.panels.size(); ++p) {
    const Box& box = layout.panels[p].cells;
    sizes.push_back({std::min(heatmap.panels[p].rows(), static_cast<std::size_t>(box.height)),
                     std::min(heatmap.panels[p].columns(), static_cast<std::size_t>(box.width))});
  }
  return sizes;
}

const Font& font_of(const HeatmapStyle& style, std::unique_ptr<Font>& storage) {
  if (style.fonts.empty()) return Font::built_in();
  storage = std::make_unique<Font>(style.fonts, option_name("font"));
  return *storage;
}

}  // namespace attn
