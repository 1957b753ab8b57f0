// Fits labels to the cells' size, and adds up what all parts take.
#include "render/measure.hpp"

#include <algorithm>
#include <cmath>

#include "render/grid.hpp"

namespace attn {

Measure::Measure(const LayoutRequest& request)
    : panels_(request.heatmap.panels),
      style_(request.heatmap.style),
      scales_(request.scales),
      font_(request.font),
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

double Measure::label_pitch(const Panel& panel) const {
  const std::size_t readable = panels_.size() <= 3 ? 64 : 40;
  const std::size_t names = std::max(panel.row_labels.size(), panel.column_labels.size());
  const bool wants_all = style_.max_labels == 0 && names <= readable;
  return names > 0 && wants_all ? std::ceil(font_.line_height(lengths_.tick_label)) : 0;
}

Box Measure::fit(const Panel& panel, Size slot) const {
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

AxisRequest Measure::axis(const std::vector<std::string>& names, std::size_t count, double length, double limit) const {
  return {&names,
          count,
          length / static_cast<double>(count),
          style_.max_labels,
          lengths_.tick_label,
          std::min(limit, 1.7 * inches * lengths_.point)};
}

// The cells and labels of all panels; returns how far labels reach out to the left.
double Measure::measure_panels(Size slot) {
  layout_.panels.assign(panels_.size(), {});
  layout_.row_label_depth = 0;
  layout_.column_label_depth = 0;
  double overhang = 0;
  for (std::size_t p = 0; p < panels_.size(); ++p) {
    const Panel& panel = panels_[p];
    PanelLayout& place = layout_.panels[p];
    place.cells = fit(panel, slot);
    place.has_x_title = is_lowest(p) && !is_bare() && !style_.x_label.empty();
    place.has_y_title = p % columns_ == 0 && !is_bare() && !style_.y_label.empty();
    if (shows_rows(p))
      place.rows = label_rows(axis(panel.row_labels, panel.rows(), place.cells.height, label_limit_.width), font_);
    if (shows_columns(p))
      place.columns =
          label_columns(axis(panel.column_labels, panel.columns(), place.cells.width, label_limit_.height), font_);
    layout_.row_label_depth = std::max(layout_.row_label_depth, place.rows.depth);
    layout_.column_label_depth = std::max(layout_.column_label_depth, place.columns.depth);
    overhang = std::max(overhang, place.columns.overhang);
  }
  return overhang;
}

Margins Measure::margins(Size slot) {
  const double overhang = measure_panels(slot);
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
  m.left = l.padding +
           std::max(overhang, row_labels + (style_.y_label.empty() || is_bare() ? 0 : l.gap / 2 + line(l.axis_title)));
  m.right = l.padding + (layout_.bars.empty() ? 0 : bar) +
            (style_.colorbar_label.empty() || layout_.bars.empty() ? 0 : l.gap / 2 + line(l.axis_title));
  m.top = l.padding + (style_.title.empty() ? 0 : line(l.title) + l.gap / 2) + std::max(panel_titles, offset_height());
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
double Measure::grid_height(double row_gap) const {
  double highest = 0;
  for (const PanelLayout& panel : layout_.panels) highest = std::max(highest, panel.cells.height);
  return highest * static_cast<double>(rows_) + row_gap * static_cast<double>(rows_ - 1);
}

bool Measure::has_offsets() const {
  return std::any_of(layout_.bars.begin(), layout_.bars.end(),
                     [](const BarLayout& bar) { return !bar.ticks.offset.empty(); });
}

// A bar is as high as what it is of; only beside very flat matrices it is higher, so that it can be read.
void Measure::measure_bars(double row_gap) {
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

void Measure::widen_bar_text(const Ticks& ticks) {
  const auto widen = [this](double width) { layout_.bar_text_width = std::max(layout_.bar_text_width, width); };
  for (const Tick& tick : ticks.ticks) widen(font_.width(tick.text, lengths_.tick_label));
  // The offset stands above the bar and reaches over its labels.
  widen(font_.width(ticks.offset, lengths_.tick_label) - lengths_.bar_width - lengths_.tick - lengths_.tick_pad);
  if (scale_may_end_ && (style_.width || style_.height)) widen(font_.width("\u2265 8.8e\u22128", lengths_.tick_label));
}

}  // namespace attn
