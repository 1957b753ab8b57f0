// Shares panels out into rows.
#include "render/grid.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace attn {
namespace {

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

}  // namespace

std::size_t columns_of_grid(const Heatmap& heatmap) {
  const std::size_t panels = heatmap.panels.size();
  if (heatmap.style.columns > 0) return std::min(heatmap.style.columns, panels);
  const std::size_t by_layer = columns_of_layers(heatmap.panels);
  return by_layer > 0 ? by_layer : grid_columns(panels);
}

}  // namespace attn
