// Computes the geometry of a heatmap: parts are measured, and the cells get what they leave.
#include "render/layout.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "render/measure.hpp"

namespace attn {
namespace {

class Planner {
 public:
  explicit Planner(const LayoutRequest& request)
      : panels_(request.heatmap.panels),
        style_(request.heatmap.style),
        font_(request.font),
        annotation_(request.annotation),
        measure_(request),
        lengths_(measure_.lengths()),
        columns_(measure_.columns()),
        rows_(measure_.rows()) {}

  Layout plan() {
    const Size wanted = wanted_slot();
    Margins margins = measure_.margins(wanted);
    const Size natural = natural_size(wanted, margins);
    const Size picture{style_.width ? static_cast<double>(*style_.width) : natural.width,
                       style_.height ? static_cast<double>(*style_.height) : natural.height};
    if (!style_.width && !style_.height) return place(picture, wanted, margins);
    measure_.limit_labels({0.3 * picture.width, 0.3 * picture.height});
    for (const Thrift thrift : {Thrift::none, Thrift::gaps, Thrift::bare}) {
      measure_.give_up(thrift);
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
      double pitch = std::max(target / longer, measure_.label_pitch(panel));
      if (count == 1 && longer > 128 && longer <= 512)
        pitch = std::max(pitch, std::ceil(lengths_.point * inches * 8 / longer));
      if (annotation_ > 0) pitch = std::max(pitch, annotation_ + 0.6 * lengths_.tick_label);
      // Whole pixels a cell, or whole cells a pixel.
      pitch = pitch > 0.5 ? std::max(1.0, std::round(pitch)) : pitch;
      if (pitch * longer > most && annotation_ == 0)
        pitch = std::max(1 / std::ceil(longer / most), measure_.label_pitch(panel));
      else if (pitch < 1)
        pitch = longer <= most ? 1 : 1 / std::ceil(longer / most);
      const Box cells = measure_.fit(panel, {std::ceil(columns * pitch), std::ceil(rows * pitch)});
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
      margins.grow_to(measure_.margins(slot));
      const Size rest = remaining(picture, margins);
      slot = {style_.width ? rest.width : std::min(slot.width, rest.width),
              style_.height ? rest.height : std::min(slot.height, rest.height)};
      if (slot.width < 1 || slot.height < 1) break;
    }
    return slot;
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
      const Box& cells = measure_.layout().panels[0].cells;
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
        return measure_.is_bare() ? std::min(least_side, static_cast<double>(cells)) : least_side;
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
    measure_.margins(slot);
    Layout layout = std::move(measure_.layout());
    Size used;
    for (std::size_t p = 0; p < panels_.size(); ++p) {
      const double title = measure_.has_panel_titles() && panels_.size() > 1 && !measure_.is_bare()
                               ? font_.width(panels_[p].title, lengths_.panel_title) - m.column_gap / 2
                               : 0;
      used.width = std::max({used.width, layout.panels[p].cells.width, std::min(title, slot.width)});
      used.height = std::max(used.height, layout.panels[p].cells.height);
    }
    const Size content = total(used, m);
    const double left = std::round(m.left + (picture.width - content.width) / 2);
    const double top = std::round(m.top + (picture.height - content.height) / 2);
    for (std::size_t p = 0; p < panels_.size(); ++p) {
      PanelLayout& panel = layout.panels[p];
      const double column = static_cast<double>(p % columns_) * (used.width + m.column_gap);
      const std::size_t line_of_grid = p / columns_;
      const double row = static_cast<double>(line_of_grid) * (used.height + m.row_gap);
      panel.cells.x = std::round(left + column + (used.width - panel.cells.width) / 2);
      panel.cells.y = std::round(top + row + (used.height - panel.cells.height) / 2);
      panel.title_room =
          panels_.size() == 1 ? picture.width - 2 * lengths_.padding : used.width + m.column_gap - lengths_.gap / 4;
    }
    layout.is_bare = measure_.is_bare();
    const Size grid{content.width - m.left - m.right, content.height - m.top - m.bottom};
    place_bars({left, top, grid.width, grid.height}, picture, layout);
    layout.width = static_cast<std::size_t>(picture.width);
    layout.height = static_cast<std::size_t>(picture.height);
    return layout;
  }

  void place_bars(const Box& grid, Size picture, Layout& layout) const {
    if (layout.bars.size() == 1) {
      Box& bar = layout.bars[0].box;
      const double lowest = std::max(lengths_.padding, picture.height - lengths_.padding - bar.height);
      bar.x = std::round(grid.right() + lengths_.gap);
      bar.y = std::round(std::clamp(grid.y + (grid.height - bar.height) / 2, lengths_.padding, lowest));
      return;
    }
    for (std::size_t p = 0; p < layout.bars.size(); ++p) {
      layout.bars[p].box.x = std::round(layout.panels[p].cells.right() + lengths_.gap);
      layout.bars[p].box.y = layout.panels[p].cells.y;
    }
  }

  static constexpr double least_side = 16;  // pixels

  const std::vector<Panel>& panels_;
  const HeatmapStyle& style_;
  const Font& font_;
  double annotation_;
  Measure measure_;
  const Lengths& lengths_;
  std::size_t columns_;
  std::size_t rows_;
};

}  // namespace

Layout lay_out(const LayoutRequest& request) { return Planner(request).plan(); }

}  // namespace attn
