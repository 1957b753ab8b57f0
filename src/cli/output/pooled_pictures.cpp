// Plans pooled pictures: which matrices, and how many cells the layout has pixels for.
#include "cli/output/pooled_pictures.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "cli/flags/picture_flags.hpp"
#include "cli/flags/query_range.hpp"

namespace attn::cli {
namespace {

// A range that the colour scale accepts as long as the weights' own is not known.
ValueRange provisional_range(const HeatmapStyle& style) {
  ValueRange range;
  for (const double value : {0.0, 0.01, 1.0}) range.include(value);
  for (const std::optional<double>& end : {style.vmin, style.vmax})
    if (end)
      for (const double value : {*end / 2, *end, *end == 0 ? -1 : *end * 1.5}) range.include(value);
  return range;
}

}  // namespace

PooledPictures::PooledPictures(HeatmapStyle style, Selection selection, bool averages,
                               std::function<std::optional<std::int64_t>()> layer)
    : style_(std::move(style)), selection_(std::move(selection)), averages_(averages), layer_(std::move(layer)) {
  request_.plan = [this](const WeightsShape& shape) { return plan(shape); };
  request_.again = [this](std::vector<PooledMatrix>& pooled) { return again(pooled); };
}

std::vector<PooledMatrix> PooledPictures::plan(const WeightsShape& shape) {
  // Numbers in the cells need the cells. Of nothing there is no picture, which rendering says best.
  if (style_.annotate || shape.batch * shape.heads * shape.queries * shape.keys == 0) return {};
  if (style_.robust && !(style_.vmin && style_.vmax)) {
    if (shape.fits) return {};
    throw data_error("--max-memory",
                     "--robust orders all weights, which do not fit; with --vmin and --vmax instead the "
                     "picture is made without them");
  }
  Selection selection = selection_;
  if (const std::optional<std::int64_t> layer = layer_()) selection.layers = {*layer};
  const std::vector<SelectedAxes> selected =
      select_axes({shape.batch, averages_ ? 1 : shape.heads, shape.queries, shape.keys}, selection);
  heatmap_ = {{}, style_};
  for (const SelectedAxes& axes : selected) {
    Panel panel;
    panel.values = Tensor::zeros(DType::f32, {1, 1});
    panel.title = axes.title;
    panel.whole = {shape.queries, shape.keys, provisional_range(style_)};
    set_labels(panel, query_labels(shape.tokens, shape.first_query, shape.queries),
               shape.key_tokens.empty() ? shape.tokens : shape.key_tokens);
    heatmap_.panels.push_back(std::move(panel));
  }
  const std::vector<GridSize> sizes = drawn_cells(heatmap_);
  const GridSize whole{shape.queries, shape.keys};
  if (shape.fits && std::all_of(sizes.begin(), sizes.end(), [&](const GridSize& size) { return size == whole; }))
    return {};
  std::vector<PooledMatrix> pooled(selected.size());
  for (std::size_t p = 0; p < selected.size(); ++p) {
    pooled[p].batch = selected[p].batch;
    pooled[p].head = averages_ ? AxisSelection{AxisSelection::Kind::mean, {}} : selected[p].head;
    pooled[p].rows = sizes[p].rows;
    pooled[p].columns = sizes[p].columns;
    pooled[p].pooling = style_.pooling;
  }
  if (style_.scale_per == ScalePer::all) add_all_matrices(shape, pooled);
  return pooled;
}

// The range of every matrix of the batch counts: each is pooled into one cell, beside the pictures that are wanted.
void PooledPictures::add_all_matrices(const WeightsShape& shape, std::vector<PooledMatrix>& pooled) const {
  for (std::size_t b = 0; b < shape.batch; ++b)
    for (std::size_t h = 0; h < (averages_ ? 1 : shape.heads); ++h) {
      PooledMatrix one;
      one.batch = {AxisSelection::Kind::indices, {b}};
      one.head =
          averages_ ? AxisSelection{AxisSelection::Kind::mean, {}} : AxisSelection{AxisSelection::Kind::indices, {h}};
      one.rows = one.columns = 1;
      pooled.push_back(std::move(one));
    }
}

// The numbers beside the colour bar take room of a picture of a given size: the cells' size is certain only when the
// weights' range is known.
bool PooledPictures::again(std::vector<PooledMatrix>& pooled) {
  for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) heatmap_.panels[p].whole->range = pooled[p].range;
  const std::vector<GridSize> sizes = drawn_cells(heatmap_);
  bool changed = false;
  for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) {
    changed = changed || GridSize{pooled[p].rows, pooled[p].columns} != sizes[p];
    pooled[p].rows = sizes[p].rows;
    pooled[p].columns = sizes[p].columns;
  }
  return changed;
}

bool PooledPictures::take(Result& result) {
  if (result.pooled.empty()) return false;
  for (std::size_t p = 0; p < heatmap_.panels.size(); ++p) {
    Panel& panel = heatmap_.panels[p];
    PooledMatrix& pooled = result.pooled[p];
    panel.values = std::move(pooled.cells);
    panel.masked = std::move(pooled.masked);
    panel.whole->range = pooled.range;
  }
  if (heatmap_.style.scale_per == ScalePer::all) {
    heatmap_.range.emplace();
    for (const PooledMatrix& pooled : result.pooled) heatmap_.range->include(pooled.range);
  }
  result.pooled.clear();
  return true;
}

}  // namespace attn::cli
