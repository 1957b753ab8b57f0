// What stands around the cells, and what room it takes: labels, titles, ticks, colour bars.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "render/layout.hpp"

namespace attn {

/// The room around and between the slots that panels stand in.
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

/// Pixels.
struct Size {
  double width = 0;
  double height = 0;
};

/// How much a grid gives up to fit into an explicit size.
enum class Thrift {
  none,
  gaps,  ///< panels stand closer
  bare,  ///< and have neither labels nor titles
};

/// Measures a picture's parts for slots, the places of panels in the grid, of a given size.
class Measure {
 public:
  explicit Measure(const LayoutRequest& request);

  /// What the labels may take of a picture's sides.
  void limit_labels(Size limit) { label_limit_ = limit; }
  void give_up(Thrift thrift) { thrift_ = thrift; }
  bool is_bare() const { return thrift_ == Thrift::bare; }

  /// The room of all parts but the cells, where the slots have this size. The labels and bars stay in `layout`.
  Margins margins(Size slot);
  Layout& layout() { return layout_; }
  const Layout& layout() const { return layout_; }

  /// The cells' box inside a slot, at its corner.
  Box fit(const Panel& panel, Size slot) const;
  /// The pitch at which every name of a panel can be written, if they are few enough to read; else 0.
  double label_pitch(const Panel& panel) const;

  const Lengths& lengths() const { return lengths_; }
  std::size_t columns() const { return columns_; }
  std::size_t rows() const { return rows_; }
  bool has_panel_titles() const { return has_panel_titles_; }

 private:
  AxisRequest axis(const std::vector<std::string>& names, std::size_t count, double length, double limit) const;
  bool is_lowest(std::size_t panel) const { return panel + columns_ >= panels_.size(); }
  bool shows_rows(std::size_t panel) const { return !is_bare() && (panel % columns_ == 0 || !same_rows_); }
  bool shows_columns(std::size_t panel) const { return !is_bare() && (is_lowest(panel) || !same_columns_); }
  double line(double size) const { return font_.line_height(size); }
  double measure_panels(Size slot);
  double grid_height(double row_gap) const;
  bool has_offsets() const;
  double offset_height() const { return has_offsets() ? line(lengths_.tick_label) : 0; }
  void measure_bars(double row_gap);
  void widen_bar_text(const Ticks& ticks);

  const std::vector<Panel>& panels_;
  const HeatmapStyle& style_;
  const std::vector<ColorScale>& scales_;
  const Font& font_;
  bool scale_may_end_;
  Lengths lengths_;
  std::size_t columns_;
  std::size_t rows_;
  bool same_rows_ = true;
  bool same_columns_ = true;
  bool has_panel_titles_ = false;
  Thrift thrift_ = Thrift::none;
  Size label_limit_{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  Layout layout_;
};

}  // namespace attn
