// Computes the geometry of a heatmap: parts are measured, and the cells get what they leave.
#include "render/layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attn/error.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

constexpr double inches = 72;  // points
constexpr double unlimited = std::numeric_limits<double>::infinity();

// The room around and between the slots that panels stand in.
struct Margins {
  double left = 0, right = 0, top = 0, bottom = 0;
  double column_gap = 0, row_gap = 0;

  void grow_to(const Margins& other) {
    left = std::max(left, other.left);
    right = std::max(right, other.right);
    top = std::max(top, other.top);
    bottom = std::max(bottom, other.bottom);
    column_gap = std::max(column_gap, other.column_gap);
    row_gap = std::max(row_gap, other.row_gap);
  }
};

struct Size {
  double width = 0;
  double height = 0;
};

// The grid's columns: few empty places, and somewhat wider than high.
std::size_t grid_columns(std::size_t panels) {
  if (panels <= 3) return panels;
  const double root = std::sqrt(static_cast<double>(panels));
  auto best = static_cast<std::size_t>(std::ceil(root));
  const auto holes = [panels](std::size_t columns) { return (columns - panels % columns) % columns; };
  for (std::size_t columns = best; static_cast<double>(columns) <= 1.6 * root; ++columns)
    if (holes(columns) < holes(best)) best = columns;
  return best;
}

// A row of the grid for each layer (and batch item), if there are several of as many panels each; else 0.
std::size_t columns_of_layers(const std::vector<Panel>& panels) {
  const auto same_row = [](const Panel& a, const Panel& b) {
    return a.place.document == b.place.document && a.place.layer == b.place.layer && a.place.batch == b.place.batch;
  };
  std::size_t columns = 1;
  while (columns < panels.size() && same_row(panels[columns], panels[0])) ++columns;
  if (columns == 1 || panels.size() % columns != 0) return 0;
  bool several_layers = false;
  for (std::size_t p = 0; p < panels.size(); ++p) {
    if (p % columns != 0 && !same_row(panels[p], panels[p - 1])) return 0;
    several_layers = several_layers || panels[p].place.layer != panels[0].place.layer;
  }
  return several_layers ? columns : 0;
}

std::size_t columns_of_grid(const Heatmap& heatmap) {
  const std::size_t panels = heatmap.panels.size();
  if (heatmap.style.columns > 0) return std::min(heatmap.style.columns, panels);
  const std::size_t by_layer = columns_of_layers(heatmap.panels);
  return by_layer > 0 ? by_layer : grid_columns(panels);
}

// How much a grid gives up to fit into an explicit size.
enum class Thrift {
  none,
  gaps,  // panels stand closer
  bare,  // and have neither labels nor titles
};

class Planner {
 public:
  explicit Planner(const LayoutRequest& request)
      : panels_(request.heatmap.panels),
        style_(request.heatmap.style),
        scales_(request.scales),
        font_(request.font),
        annotation_(request.annotation),
        scale_may_end_(request.scale_may_end),
        lengths_(style_.dpi, panels_.size()),
        columns_(columns_of_grid(request.heatmap)),
        rows_((panels_.size() + columns_ - 1) / columns_) {
    for (const Panel& panel : panels_) {
      same_rows_ = same_rows_ && panel.row_labels == panels_[0].row_labels && panel.rows() == panels_[0].rows();
      same_columns_ =
          same_columns_ && panel.column_labels == panels_[0].column_labels && panel.columns() == panels_[0].columns();
      has_panel_titles_ = has_panel_titles_ || !panel.title.empty();
    }
  }

  Layout plan() {
    const Size wanted = wanted_slot();
    Margins margins = measure(wanted);
    const Size natural = natural_size(wanted, margins);
    const Size picture{style_.width ? static_cast<double>(*style_.width) : natural.width,
                       style_.height ? static_cast<double>(*style_.height) : natural.height};
    if (!style_.width && !style_.height) return place(picture, wanted, margins);
    label_limit_ = {0.3 * picture.width, 0.3 * picture.height};
    for (const Thrift thrift : {Thrift::none, Thrift::gaps, Thrift::bare}) {
      thrift_ = thrift;
      const Size slot = fitted(picture, wanted, margins);
      if (has_room(slot)) return place(picture, slot, margins);
      if (panels_.size() == 1) break;
    }
    refuse(picture, margins);
  }

 private:
  // One size for all panels that suits the largest of them.
  Size wanted_slot() const {
    const std::size_t count = panels_.size();
    const double target = lengths_.point * inches * (count == 1 ? 3.7 : count <= 3 ? 3.0 : count <= 16 ? 2.2 : 1.5);
    const double most = lengths_.point * inches * (count == 1 ? 10.24 : 5.12);
    Size slot;
    for (const Panel& panel : panels_) {
      const auto rows = static_cast<double>(panel.rows());
      const auto columns = static_cast<double>(panel.columns());
      const double longer = std::max(rows, columns);
      double pitch = std::max(target / longer, label_pitch(panel));
      if (count == 1 && longer > 128 && longer <= 512)
        pitch = std::max(pitch, std::ceil(lengths_.point * inches * 8 / longer));
      if (annotation_ > 0) pitch = std::max(pitch, annotation_ + 0.6 * lengths_.tick_label);
      // Whole pixels a cell, or whole cells a pixel.
      pitch = pitch > 0.5 ? std::max(1.0, std::round(pitch)) : pitch;
      if (pitch * longer > most && annotation_ == 0)
        pitch = std::max(1 / std::ceil(longer / most), label_pitch(panel));
      else if (pitch < 1)
        pitch = longer <= most ? 1 : 1 / std::ceil(longer / most);
      const Box cells = fit(panel, {std::ceil(columns * pitch), std::ceil(rows * pitch)});
      slot = {std::max(slot.width, cells.width), std::max(slot.height, cells.height)};
      const double stretched = longer * pitch / 4;
      if (pitch < lengths_.tick_label) slot = {std::max(slot.width, stretched), std::max(slot.height, stretched)};
    }
    return slot;
  }

  // The slot that an explicit size leaves. Labels depend on the room and take of it; margins only grow from round to
  // round, so nothing overlaps.
  Size fitted(Size picture, Size slot, Margins& margins) {
    margins = {};
    for (int round = 0; round < 4; ++round) {
      margins.grow_to(measure(slot));
      const Size rest = remaining(picture, margins);
      slot = {style_.width ? rest.width : std::min(slot.width, rest.width),
              style_.height ? rest.height : std::min(slot.height, rest.height)};
      if (slot.width < 1 || slot.height < 1) break;
    }
    return slot;
  }

  // The pitch at which every name of a panel can be written, if they are few enough to read.
  double label_pitch(const Panel& panel) const {
    const std::size_t readable = panels_.size() <= 3 ? 64 : 40;
    const std::size_t names = std::max(panel.row_labels.size(), panel.column_labels.size());
    const bool wants_all = style_.max_labels == 0 && names <= readable;
    return names > 0 && wants_all ? std::ceil(font_.line_height(lengths_.tick_label)) : 0;
  }

  // The cells' box inside a slot, at its corner.
  Box fit(const Panel& panel, Size slot) const {
    const auto rows = static_cast<double>(panel.rows());
    const auto columns = static_cast<double>(panel.columns());
    double pitch = std::min(slot.width / columns, slot.height / rows);
    constexpr double uneven = 8;  // from here on, cells that differ by a pixel are not seen
    if (pitch >= uneven) pitch = std::floor(pitch);
    double width = columns * pitch;
    double height = rows * pitch;
    if (pitch < lengths_.tick_label) {
      width = std::max(width, std::min(slot.width, height / 4));
      height = std::max(height, std::min(slot.height, width / 4));
    }
    return {0, 0, std::max(1.0, std::floor(width + 1e-6)), std::max(1.0, std::floor(height + 1e-6))};
  }

  AxisRequest request(const std::vector<std::string>& names, std::size_t count, double length, double limit) const {
    return {&names,
            count,
            length / static_cast<double>(count),
            style_.max_labels,
            lengths_.tick_label,
            std::min(limit, 1.7 * inches * lengths_.point)};
  }
  AxisLabels row_labels(const Panel& panel, const Box& cells) const {
    return label_rows(request(panel.row_labels, panel.rows(), cells.height, label_limit_.width), font_);
  }
  AxisLabels column_labels(const Panel& panel, const Box& cells) const {
    return label_columns(request(panel.column_labels, panel.columns(), cells.width, label_limit_.height), font_);
  }

  bool is_bare() const { return thrift_ == Thrift::bare; }
  bool shows_rows(std::size_t panel) const { return !is_bare() && (panel % columns_ == 0 || !same_rows_); }
  bool shows_columns(std::size_t panel) const { return !is_bare() && (is_lowest(panel) || !same_columns_); }
  bool is_lowest(std::size_t panel) const { return panel + columns_ >= panels_.size(); }
  double line(double size) const { return font_.line_height(size); }

  // Labels for cells of this slot size, and the room that they and all other parts take.
  Margins measure(Size slot) {
    layout_.panels.assign(panels_.size(), {});
    layout_.row_label_depth = 0;
    layout_.column_label_depth = 0;
    double overhang = 0;
    for (std::size_t p = 0; p < panels_.size(); ++p) {
      PanelLayout& panel = layout_.panels[p];
      panel.cells = fit(panels_[p], slot);
      panel.has_x_title = is_lowest(p) && !is_bare() && !style_.x_label.empty();
      panel.has_y_title = p % columns_ == 0 && !is_bare() && !style_.y_label.empty();
      if (shows_rows(p)) panel.rows = row_labels(panels_[p], panel.cells);
      if (shows_columns(p)) panel.columns = column_labels(panels_[p], panel.cells);
      layout_.row_label_depth = std::max(layout_.row_label_depth, panel.rows.depth);
      layout_.column_label_depth = std::max(layout_.column_label_depth, panel.columns.depth);
      overhang = std::max(overhang, panel.columns.overhang);
    }
    const Lengths& l = lengths_;
    const double ticks = l.tick + l.tick_pad;
    const double row_labels = is_bare() ? 0 : ticks + layout_.row_label_depth;
    const double column_labels = is_bare() ? 0 : ticks + layout_.column_label_depth;
    const double panel_titles = has_panel_titles_ && !is_bare() ? line(l.panel_title) + l.gap / 2 : 0;
    const double gap = thrift_ == Thrift::none ? l.gap : l.gap / 4;
    Margins m;
    m.row_gap = gap + panel_titles + (same_columns_ ? 0 : column_labels);
    measure_bars(m.row_gap);
    const double bar = l.gap + l.bar_width + ticks + layout_.bar_text_width;
    m.left =
        l.padding +
        std::max(overhang, row_labels + (style_.y_label.empty() || is_bare() ? 0 : l.gap / 2 + line(l.axis_title)));
    m.right = l.padding + (layout_.bars.empty() ? 0 : bar) +
              (style_.colorbar_label.empty() || layout_.bars.empty() ? 0 : l.gap / 2 + line(l.axis_title));
    m.top =
        l.padding + (style_.title.empty() ? 0 : line(l.title) + l.gap / 2) + std::max(panel_titles, offset_height());
    m.bottom = l.padding + column_labels + (style_.x_label.empty() || is_bare() ? 0 : l.gap / 2 + line(l.axis_title));
    m.column_gap = gap + (same_rows_ ? 0 : row_labels) + (layout_.bars.size() > 1 ? bar : 0);
    if (has_offsets()) m.row_gap += layout_.bars.size() > 1 && panel_titles == 0 ? offset_height() : 0;
    // A bar that is longer than the grid stands out equally on both sides.
    if (layout_.bars.size() == 1 && !style_.height) {
      const double excess = (layout_.bars[0].box.height - grid_height(m.row_gap)) / 2 + line(l.tick_label) / 2;
      m.top = std::max(m.top, l.padding + excess + offset_height());
      m.bottom = std::max(m.bottom, l.padding + excess);
    }
    return m;
  }

  // Of the panels as they are measured.
  double grid_height(double row_gap) const {
    double highest = 0;
    for (const PanelLayout& panel : layout_.panels) highest = std::max(highest, panel.cells.height);
    return highest * static_cast<double>(rows_) + row_gap * static_cast<double>(rows_ - 1);
  }

  bool has_offsets() const {
    return std::any_of(layout_.bars.begin(), layout_.bars.end(),
                       [](const BarLayout& bar) { return !bar.ticks.offset.empty(); });
  }
  double offset_height() const { return has_offsets() ? line(lengths_.tick_label) : 0; }

  // A bar is as high as what it is of; only beside very flat matrices it is higher, so that it can be read.
  void measure_bars(double row_gap) {
    layout_.bars.clear();
    layout_.bar_text_width = 0;
    if (is_bare() && scales_.size() > 1) return;
    const double inch = inches * lengths_.point;
    for (std::size_t s = 0; s < scales_.size(); ++s) {
      BarLayout bar;
      bar.box.width = lengths_.bar_width;
      if (scales_.size() > 1) {
        bar.box.height = layout_.panels[s].cells.height;
      } else {
        const double height = grid_height(row_gap);
        const double least = std::min(1.2 * inch, 1.5 * height + inch);
        bar.box.height = std::round(
            std::max(height, style_.height ? std::min(least, 0.5 * static_cast<double>(*style_.height)) : least));
      }
      const auto most = static_cast<std::size_t>(bar.box.height / (2 * line(lengths_.tick_label)));
      bar.ticks = scale_ticks(scales_[s], std::clamp<std::size_t>(most, 2, 9));
      widen_bar_text(bar.ticks);
      layout_.bars.push_back(std::move(bar));
    }
  }

  void widen_bar_text(const Ticks& ticks) {
    const auto widen = [this](double width) { layout_.bar_text_width = std::max(layout_.bar_text_width, width); };
    for (const Tick& tick : ticks.ticks) widen(font_.width(tick.text, lengths_.tick_label));
    // The offset stands above the bar and reaches over its labels.
    widen(font_.width(ticks.offset, lengths_.tick_label) - lengths_.bar_width - lengths_.tick - lengths_.tick_pad);
    if (scale_may_end_ && (style_.width || style_.height))
      widen(font_.width("\u2265 8.8e\u22128", lengths_.tick_label));
  }

  Size around(const Margins& m) const {
    return {m.left + m.right + m.column_gap * static_cast<double>(columns_ - 1),
            m.top + m.bottom + m.row_gap * static_cast<double>(rows_ - 1)};
  }
  Size total(Size slot, const Margins& m) const {
    const Size margins = around(m);
    return {margins.width + slot.width * static_cast<double>(columns_),
            margins.height + slot.height * static_cast<double>(rows_)};
  }
  Size remaining(Size picture, const Margins& m) const {
    const Size margins = around(m);
    return {std::floor((picture.width - margins.width) / static_cast<double>(columns_)),
            std::floor((picture.height - margins.height) / static_cast<double>(rows_))};
  }

  Size natural_size(Size slot, const Margins& m) const {
    const double inch = inches * lengths_.point;
    const Size content = total(slot, m);
    const double title = style_.title.empty() ? 0 : font_.width(style_.title, lengths_.title) + 2 * lengths_.padding;
    Size least = panels_.size() == 1 ? Size{6.4 * inch, 4.8 * inch} : Size{4.8 * inch, 2 * inch};
    // Around a matrix that is much longer than wide there would be nothing but background.
    constexpr double thin = 2;
    if (panels_.size() == 1) {
      const Box& cells = layout_.panels[0].cells;
      if (cells.width > thin * cells.height) least.height = 0;
      if (cells.height > thin * cells.width) least.width = 0;
    }
    return {std::round(std::max({content.width, least.width, std::min(title, 12.8 * inch)})),
            std::round(std::max(content.height, least.height))};
  }

  // A pixel a cell is room, and so are 16 pixels; labels and numbers are not given up for less.
  bool has_room(Size slot) const {
    return std::all_of(panels_.begin(), panels_.end(), [&](const Panel& panel) {
      const auto least = [this](std::size_t cells) {
        return is_bare() ? std::min(least_side, static_cast<double>(cells)) : least_side;
      };
      return slot.width >= least(panel.columns()) && slot.height >= least(panel.rows());
    });
  }

  [[noreturn]] void refuse(Size picture, const Margins& m) const {
    const auto whole = [](double length) { return std::to_string(static_cast<long>(std::ceil(length))); };
    const Size enough = total({3 * least_side, 3 * least_side}, m);
    throw usage_error(option_name("size"), whole(picture.width) + "x" + whole(picture.height) +
                                               " pixels leave no room for the matrix beside its labels; give " +
                                               whole(enough.width) + "x" + whole(enough.height) + " or a smaller " +
                                               option_name("dpi"));
  }

  // Everything to its place; what the cells don't use is shared out around them.
  Layout place(Size picture, Size slot, const Margins& m) {
    measure(slot);
    Size used;
    for (std::size_t p = 0; p < panels_.size(); ++p) {
      const double title = has_panel_titles_ && panels_.size() > 1 && !is_bare()
                               ? font_.width(panels_[p].title, lengths_.panel_title) - m.column_gap / 2
                               : 0;
      used.width = std::max({used.width, layout_.panels[p].cells.width, std::min(title, slot.width)});
      used.height = std::max(used.height, layout_.panels[p].cells.height);
    }
    const Size content = total(used, m);
    const double left = std::round(m.left + (picture.width - content.width) / 2);
    const double top = std::round(m.top + (picture.height - content.height) / 2);
    for (std::size_t p = 0; p < panels_.size(); ++p) {
      PanelLayout& panel = layout_.panels[p];
      const double column = static_cast<double>(p % columns_) * (used.width + m.column_gap);
      const std::size_t line_of_grid = p / columns_;
      const double row = static_cast<double>(line_of_grid) * (used.height + m.row_gap);
      panel.cells.x = std::round(left + column + (used.width - panel.cells.width) / 2);
      panel.cells.y = std::round(top + row + (used.height - panel.cells.height) / 2);
      panel.title_room =
          panels_.size() == 1 ? picture.width - 2 * lengths_.padding : used.width + m.column_gap - lengths_.gap / 4;
    }
    layout_.is_bare = is_bare();
    const Size grid{content.width - m.left - m.right, content.height - m.top - m.bottom};
    place_bars({left, top, grid.width, grid.height}, picture);
    layout_.width = static_cast<std::size_t>(picture.width);
    layout_.height = static_cast<std::size_t>(picture.height);
    return std::move(layout_);
  }

  void place_bars(const Box& grid, Size picture) {
    if (layout_.bars.size() == 1) {
      Box& bar = layout_.bars[0].box;
      const double lowest = std::max(lengths_.padding, picture.height - lengths_.padding - bar.height);
      bar.x = std::round(grid.right() + lengths_.gap);
      bar.y = std::round(std::clamp(grid.y + (grid.height - bar.height) / 2, lengths_.padding, lowest));
      return;
    }
    for (std::size_t p = 0; p < layout_.bars.size(); ++p) {
      layout_.bars[p].box.x = std::round(layout_.panels[p].cells.right() + lengths_.gap);
      layout_.bars[p].box.y = layout_.panels[p].cells.y;
    }
  }

  static constexpr double least_side = 16;  // pixels

  const std::vector<Panel>& panels_;
  const HeatmapStyle& style_;
  const std::vector<ColorScale>& scales_;
  const Font& font_;
  double annotation_;
  bool scale_may_end_;
  Lengths lengths_;
  std::size_t columns_;
  std::size_t rows_;
  bool same_rows_ = true;
  bool same_columns_ = true;
  bool has_panel_titles_ = false;
  Thrift thrift_ = Thrift::none;
  Size label_limit_{unlimited, unlimited};
  Layout layout_;
};

}  // namespace

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

Layout lay_out(const LayoutRequest& request) { return Planner(request).plan(); }

}  // namespace attn
