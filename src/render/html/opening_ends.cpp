// Makes the cells that a picture of the same panels has, and asks where its scales end.
#include "render/html/opening_ends.hpp"

#include "attn/picture.hpp"
#include "render/clip_scale.hpp"

namespace attn {
namespace {

// The same panels, on the same memory, in a picture of its natural size.
Heatmap picture_of(const Heatmap& page) {
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
    picture.panels.push_back(std::move(view));
  }
  return picture;
}

std::optional<double> end_of(const ColorScale& scale) {
  return scale.clipped() ? std::optional(scale.high()) : std::nullopt;
}

}  // namespace

OpeningEnds opening_ends(const Heatmap& heatmap) {
  OpeningEnds ends;
  ends.own.resize(heatmap.panels.size());
  if (!may_be_clipped(heatmap)) return ends;
  Heatmap picture = picture_of(heatmap);
  std::vector<Grid> grids;
  for (const GridSize& size : drawn_cells(picture)) {
    const Panel& panel = picture.panels[grids.size()];
    grids.push_back(pool(panel.values, size.rows, size.columns, picture.style.pooling, panel.masked));
  }
  const auto clipped = [&](ScalePer per) {
    const bool opens_so = (per == ScalePer::head) == (heatmap.style.scale_per == ScalePer::head);
    picture.style.scale_per = per;
    std::vector<ColorScale> scales = scales_of(picture);
    std::string note = clip_scales(picture, grids, scales);
    if (opens_so) ends.note = std::move(note);
    return scales;
  };
  if (heatmap.style.scale_per != ScalePer::all) ends.shared = end_of(clipped(ScalePer::picture).front());
  const std::vector<ColorScale> own = clipped(ScalePer::head);
  for (std::size_t p = 0; p < own.size(); ++p) ends.own[p] = end_of(own[p]);
  return ends;
}

}  // namespace attn
