// Puts the tables of a result in order.
#include "cli/output/result_text.hpp"

#include <algorithm>
#include <functional>

#include "cli/flags/query_range.hpp"
#include "cli/output/statistics_tables.hpp"
#include "cli/output/text_items.hpp"

namespace attn::cli {
namespace {

std::string joined(std::string first, const std::string& second) {
  if (!first.empty() && !second.empty()) first += "\n";
  return first + second;
}

TableAxes axes_of(const StageInfo& info, const Result& result, const Tensor& tensor, const TextItems& items) {
  TableAxes axes;
  axes.has_columns = info.has_columns();
  axes.over_keys = info.is_matrix();
  axes.rows = labels_for(info.rows(), result, tensor.extent(info.has_columns() ? -2 : -1));
  if (info.has_columns()) axes.columns = labels_for(info.axes.back(), result, tensor.extent(-1));
  axes.items = items.of(info, tensor);
  axes.shape = items.shape_of(info, tensor.shape());
  return axes;
}

// Tables of the emitted tensors that have an axis of layers, or of those that have none.
std::string tensors_text(const Result& result, const std::vector<Stage>& emitted, bool of_layers,
                         const TextItems& items, const ResultTextStyle& style) {
  std::string text;
  for (const NamedTensor& named : result.tensors) {
    const StageInfo* const info = find_stage(named.name);
    const std::vector<Axis> axes = info->axes_in(result.summary.axes);
    if (std::count(emitted.begin(), emitted.end(), info->stage) == 0 || (axes.front() == Axis::layer) != of_layers)
      continue;
    const bool is_merged =
        info->head_axis == HeadAxis::unless_merged && std::count(axes.begin(), axes.end(), Axis::head) == 0;
    if (style.leaves_out_merged && is_merged) continue;
    text = joined(std::move(text),
                  tensor_table(named.name, named.tensor, axes_of(*info, result, named.tensor, items), style.table));
  }
  return text;
}

// What `text_of` gives for the items of each layer, under its number; of one layer that alone.
std::string by_layer(const Result& result, const Selection& selection,
                     const std::function<std::string(const TextItems&)>& text_of) {
  if (result.layers.empty()) return text_of(TextItems(result, selection));
  std::string text;
  for (std::size_t n = 0; n < result.layers.size(); ++n)
    if (const std::string own = text_of(TextItems(result, selection, n)); !own.empty())
      text = joined(std::move(text), "layer " + std::to_string(result.layers[n]) + "\n" + own);
  return text;
}

std::string statistics_of(const Result& result, const TextItems& items, const TableStyle& style) {
  return statistics_tables(result, items, result.summary.first_query(), style);
}

}  // namespace

std::vector<std::string> labels_for(Axis axis, const Result& result, std::size_t extent) {
  switch (labels_of(axis)) {
    case AxisLabels::queries: return query_labels(result.tokens, result.summary.first_query(), extent);
    case AxisLabels::keys: return result.key_labels();
    case AxisLabels::none: break;
  }
  return {};
}

std::string result_text(const Result& result, const std::vector<Stage>& emitted, bool with_statistics,
                        const ResultTextStyle& style) {
  const bool has_layers = !result.layers.empty();
  std::string text = by_layer(result, style.selection, [&](const TextItems& items) {
    return joined(tensors_text(result, emitted, has_layers, items, style),
                  with_statistics ? statistics_of(result, items, style.table) : "");
  });
  if (!has_layers) return text;
  return joined(std::move(text), tensors_text(result, emitted, false, TextItems(result, style.selection, 0), style));
}

std::string statistics_text(const Result& result, const ResultTextStyle& style) {
  return by_layer(result, style.selection,
                  [&](const TextItems& items) { return statistics_of(result, items, style.table); });
}

}  // namespace attn::cli
