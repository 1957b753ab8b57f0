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

class Planner {
 public:
  Planner(const Heatmap& heatmap, const ColorScale& scale, const Font& font, double annotation)
      : panels_(heatmap.panels),
        style_(heatmap.style),
        scale_(scale),
        font_(font),
        annotation_(annotation),
        lengths_(style_.dpi, panels_.size()),
        columns_(std::min(style_.columns > 0 ? style_.columns : grid_columns(panels_.size()), panels_.size())),
        rows_((panels_.size() + columns_ - 1) / columns_) {
    for (const Panel& panel : panels_) {
      same_rows_ = same_rows_ && panel.row_labels == panels_[0].row_labels && panel.rows() == panels_[0].rows();
      same_columns_ =
          same_columns_ && panel.column_labels == panels_[0].column_labels && panel.columns() == panels_[0].columns();
      has_panel_titles_ = has_panel_titles_ || !panel.title.empty();
    }
  }

  Layout plan() {
    Size slot = wanted_slot();
    Margins margins = measure(slot);
    const Size natural = natural_size(slot, margins);
    const Size picture{style_.width ? static_cast<double>(*style_.width) : natural.width,
                       style_.height ? static_cast<double>(*style_.height) : natural.height};
    if (style_.width || style_.height) {
      label_limit_ = {0.3 * picture.width, 0.3 * picture.height};
      // Labels depend on the room and take of it. Margins only grow from round to round, so nothing overlaps.
      margins = {};
      for (int round = 0; round < 4; ++round) {
        margins.grow_to(measure(slot));
        const Size rest = remaining(picture, margins);
        slot = {style_.width ? rest.width : std::min(slot.width, rest.width),
                style_.height ? rest.height : std::min(slot.height, rest.height)};
        check_room(slot, picture, margins);
      }
    }
    return place(picture, slot, margins);
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

  bool shows_rows(std::size_t panel) const { return panel % columns_ == 0 || !same_rows_; }
  bool shows_columns(std::size_t panel) const { return is_lowest(panel) || !same_columns_; }
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
      panel.has_x_title = is_lowest(p) && !style_.x_label.empty();
      panel.has_y_title = p % columns_ == 0 && !style_.y_label.empty();
      if (shows_rows(p)) panel.rows = row_labels(panels_[p], panel.cells);
      if (shows_columns(p)) panel.columns = column_labels(panels_[p], panel.cells);
      layout_.row_label_depth = std::max(layout_.row_label_depth, panel.rows.depth);
      layout_.column_label_depth = std::max(layout_.column_label_depth, panel.columns.depth);
      overhang = std::max(overhang, panel.columns.overhang);
    }
    measure_bar(slot);

    const Lengths& l = lengths_;
    const double ticks = l.tick + l.tick_pad;
    const double row_labels = ticks + layout_.row_label_depth;
    const double column_labels = ticks + layout_.column_label_depth;
    const double panel_titles = has_panel_titles_ ? line(l.panel_title) + l.gap / 2 : 0;
    Margins m;
    m.left = l.padding + std::max(overhang, row_labels + (style_.y_label.empty() ? 0 : l.gap / 2 + line(l.axis_title)));
    m.right = l.padding + l.gap + l.bar_width + ticks + layout_.bar_text_width +
              (style_.colorbar_label.empty() ? 0 : l.gap / 2 + line(l.axis_title));
    m.top = l.padding + (style_.title.empty() ? 0 : line(l.title) + l.gap / 2) + panel_titles;
    m.bottom = l.padding + column_labels + (style_.x_label.empty() ? 0 : l.gap / 2 + line(l.axis_title));
    m.column_gap = l.gap + (same_rows_ ? 0 : row_labels);
    m.row_gap = l.gap + panel_titles + (same_columns_ ? 0 : column_labels);
    return m;
  }

  void measure_bar(Size slot) {
    const double inch = inches * lengths_.point;
    const double grid_height = slot.height * static_cast<double>(rows_);
    layout_.bar.width = lengths_.bar_width;
    layout_.bar.height = std::round(std::clamp(grid_height, std::min(1.2 * inch, 1.5 * slot.height + inch), 5 * inch));
    const auto most = static_cast<std::size_t>(layout_.bar.height / (2 * line(lengths_.tick_label)));
    layout_.bar_ticks = scale_ticks(scale_, std::clamp<std::size_t>(most, 2, 9));
    layout_.bar_text_width = 0;
    for (const Tick& tick : layout_.bar_ticks)
      layout_.bar_text_width = std::max(layout_.bar_text_width, font_.width(tick.text, lengths_.tick_label));
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
    const Size least = panels_.size() == 1 ? Size{6.4 * inch, 4.8 * inch} : Size{4.8 * inch, 2 * inch};
    return {std::round(std::max({content.width, least.width, std::min(title, 12.8 * inch)})),
            std::round(std::max(content.height, least.height))};
  }

  void check_room(Size slot, Size picture, const Margins& m) const {
    constexpr double least = 16;  // pixels
    if (slot.width >= least && slot.height >= least) return;
    const auto whole = [](double length) { return std::to_string(static_cast<long>(std::ceil(length))); };
    const Size enough = total({3 * least, 3 * least}, m);
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
      const double title = has_panel_titles_ && panels_.size() > 1
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
      const double row = static_cast<double>(p / columns_) * (used.height + m.row_gap);
      panel.cells.x = std::round(left + column + (used.width - panel.cells.width) / 2);
      panel.cells.y = std::round(top + row + (used.height - panel.cells.height) / 2);
      panel.title_room =
          panels_.size() == 1 ? picture.width - 2 * lengths_.padding : used.width + m.column_gap - lengths_.gap / 4;
    }
    const Size grid{total(used, m).width - m.left - m.right, total(used, m).height - m.top - m.bottom};
    layout_.bar.x = std::round(left + grid.width + lengths_.gap);
    layout_.bar.y = std::round(top + (grid.height - layout_.bar.height) / 2);
    layout_.width = static_cast<std::size_t>(picture.width);
    layout_.height = static_cast<std::size_t>(picture.height);
    return std::move(layout_);
  }

  const std::vector<Panel>& panels_;
  const HeatmapStyle& style_;
  const ColorScale& scale_;
  const Font& font_;
  double annotation_;
  Lengths lengths_;
  std::size_t columns_;
  std::size_t rows_;
  bool same_rows_ = true;
  bool same_columns_ = true;
  bool has_panel_titles_ = false;
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

Layout lay_out(const Heatmap& heatmap, const ColorScale& scale, const Font& font, double annotation) {
  return Planner(heatmap, scale, font, annotation).plan();
}

}  // namespace attn
