// Makes the cells that a picture of the same panels has, and asks where its scales end.
#include "render/html/opening_ends.hpp"

#include <algorithm>

#include "attn/picture.hpp"
#include "render/clip_scale.hpp"

namespace attn {
namespace {

constexpr std::size_t enough_cells = 4'000'000;  // for the percentile of a shared scale

// The same panels, on the same memory, in a picture of its natural size.
Heatmap picture_of(const Heatmap& page, std::span<const ValueRange> ranges) {
  Heatmap picture{{}, page.style, page.range};
  picture.style.width.reset();
  picture.style.height.reset();
  for (const Panel& panel : page.panels) {
    Panel view;
    view.values = Tensor::view_of(panel.values, panel.values.shape());
    if (panel.masked.size() != 0) view.masked = Tensor::view_of(panel.masked, panel.masked.shape());
    view.title = panel.title;
    view.row_labels = panel.row_labels;
    view.column_labels = panel.column_labels;
    view.place = panel.place;
    view.whole = Panel::Whole{panel.rows(), panel.columns(), ranges[picture.panels.size()]};
    picture.panels.push_back(std::move(view));
  }
  return picture;
}

std::optional<double> end_of(const ColorScale& scale) {
  return scale.clipped() ? std::optional(scale.high()) : std::nullopt;
}

}  // namespace

OpeningEnds opening_ends(const Heatmap& heatmap, std::span<const ValueRange> ranges) {
  OpeningEnds ends;
  ends.own.resize(heatmap.panels.size());
  if (!may_be_clipped(heatmap) || heatmap.style.scale_per == ScalePer::all) return ends;
  const Heatmap picture = picture_of(heatmap, ranges);
  const std::vector<GridSize> sizes = drawn_cells(picture);
  std::vector<ColorScale> scales = scales_of(picture);
  const bool is_shared = heatmap.style.scale_per == ScalePer::picture;
  std::size_t cells = 0;
  for (const GridSize& size : sizes) cells += size.rows * size.columns;
  const std::size_t step = is_shared ? cells / enough_cells + 1 : 1;
  std::vector<Grid> grids;
  for (std::size_t p = 0; p < sizes.size(); p += step) {
    const Panel& panel = picture.panels[p];
    grids.push_back(pool(panel.values, sizes[p].rows, sizes[p].columns, picture.style.pooling, panel.masked));
  }
  ends.note = clip_scales(picture, grids, scales);
  if (is_shared) {
    ends.shared = end_of(scales.front());
    return ends;
  }
  std::transform(scales.begin(), scales.end(), ends.own.begin(), end_of);
  return ends;
}

}  // namespace attn
