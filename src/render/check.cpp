// Refuses heatmaps that cannot be drawn, before any work.
#include <cmath>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "render/colormap.hpp"
#include "render/compose.hpp"
#include "render/number_format.hpp"

namespace attn {
namespace {

void check_labels(const std::vector<std::string>& labels, std::size_t extent, const char* kind) {
  if (!labels.empty() && labels.size() != extent)
    throw data_error("", "a matrix with " + std::to_string(extent) + " " + kind + "s has " +
                             std::to_string(labels.size()) + " " + kind + " labels; give one each, or none");
}

}  // namespace

void check_style(const HeatmapStyle& style) {
  Colormap::named(style.colormap);
  NumberFormat::parse(style.number_format, option_name("fmt"));
  if (style.center && style.logarithmic)
    throw usage_error(option_name("center"), "is of equal steps: it does not go with " + option_name("log"));
  if (style.center && !std::isfinite(*style.center))
    throw usage_error(option_name("center"), shortest(*style.center) + " is no middle for a colour scale");
  if (!(style.dpi >= 10 && style.dpi <= 2400))
    throw usage_error(option_name("dpi"), shortest(style.dpi) + " is not between 10 and 2400");
  constexpr std::size_t longest = 30000;
  for (const std::optional<std::size_t>& side : {style.width, style.height})
    if (side && (*side == 0 || *side > longest))
      throw usage_error(option_name("size"),
                        std::to_string(*side) + " is not between 1 and " + std::to_string(longest) + " pixels");
}

void check_heatmap(const Heatmap& heatmap) {
  check_style(heatmap.style);
  if (heatmap.panels.empty()) throw data_error("", "there is no matrix to draw");
  for (const Panel& panel : heatmap.panels) {
    if (panel.values.rank() != 2)
      throw data_error("", "a picture is of matrices, not of shape " + shape_text(panel.values.shape()));
    if (panel.values.size() == 0)
      throw data_error("", "a matrix of shape " + shape_text(panel.values.shape()) + " has no cells to draw");
    if (panel.masked.size() != 0 && panel.masked.shape() != panel.values.shape())
      throw data_error("", "a matrix of shape " + shape_text(panel.values.shape()) + " has a mask of shape " +
                               shape_text(panel.masked.shape()));
    check_labels(panel.row_labels, panel.rows(), "row");
    check_labels(panel.column_labels, panel.columns(), "column");
  }
}

}  // namespace attn
