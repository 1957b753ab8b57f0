// One result, one target.
#include "cli/output/result_output.hpp"

#include <algorithm>
#include <optional>

#include "attn/attention.hpp"
#include "attn/write.hpp"
#include "cli/flags/masked_panels.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/output/pictures.hpp"
#include "cli/output/statistics_tables.hpp"

namespace attn::cli {
namespace {

bool contains(const std::vector<Stage>& list, const std::string& name) {
  const StageInfo* const info = find_stage(name);
  return info != nullptr && std::count(list.begin(), list.end(), info->stage) != 0;
}

std::vector<std::string> labels_for(Axis axis, const Result& result, std::size_t extent) {
  switch (labels_of(axis)) {
    case AxisLabels::queries: return query_labels(result.tokens, result.summary.first_query(), extent);
    case AxisLabels::keys: return result.key_labels();
    case AxisLabels::none: break;
  }
  return {};
}

// A tensor's axes as the table of stages has them.
TableAxes axes_of(const StageInfo& info, const Result& result, const Tensor& tensor) {
  TableAxes axes;
  axes.leading = axis_name(info.axes_in(result.summary.axes).front());
  axes.has_columns = info.has_columns();
  axes.over_keys = info.is_matrix();
  axes.rows = labels_for(info.rows(), result, tensor.extent(info.has_columns() ? -2 : -1));
  if (info.has_columns()) axes.columns = labels_for(info.axes.back(), result, tensor.extent(-1));
  return axes;
}

// Labels for a file that has none to spare: as many as the axis, or none.
std::vector<std::string> fitting(std::vector<std::string> labels, std::size_t extent) {
  return labels.size() == extent ? std::move(labels) : std::vector<std::string>{};
}

// A document of some of the tensors: they are moved out, written and moved back. One that was picked is alone.
void write_document(Target& target, Result& result, const std::vector<Stage>& shown) {
  std::vector<NamedTensor> stats;
  std::optional<TopKeys> top;
  const auto exchange = [&] {
    if (target.tensor.empty()) return;
    stats.swap(result.stats);
    top.swap(result.top);
  };
  exchange();
  std::vector<NamedTensor> kept;
  for (NamedTensor& named : result.tensors)
    if (contains(shown, named.name)) kept.push_back({named.name, std::move(named.tensor)});
  kept.swap(result.tensors);
  write_result(result, *target.format, *target.sink);
  exchange();
  kept.swap(result.tensors);
  for (NamedTensor& named : kept)
    for (NamedTensor& place : result.tensors)
      if (place.name == named.name) place.tensor = std::move(named.tensor);
}

// The masked cells of every matrix of a tensor, (layer, batch, head, L, S) without axes that it does not have.
Tensor all_masked(const Result& result, const Shape& shape) {
  Tensor masked(DType::u8, shape);
  const std::size_t rank = shape.size(), matrix = shape[rank - 2] * shape[rank - 1];
  const std::size_t heads = rank > 2 ? shape[rank - 3] : 1, items = rank > 3 ? shape[rank - 4] : 1;
  for (std::size_t n = 0; n * matrix < masked.size(); ++n)
    result.mask_cells({.layer = rank > 4 ? std::optional(n / (heads * items)) : std::nullopt,
                       .batch = rank > 3 ? std::optional(n / heads % items) : std::nullopt,
                       .head = rank > 2 ? std::optional(n % heads) : std::nullopt},
                      masked.values<std::uint8_t>().subspan(n * matrix, matrix));
  return masked;
}

std::string joined(std::string first, const std::string& second) {
  if (!first.empty() && !second.empty()) first += "\n";
  return first + second;
}

}  // namespace

std::string statistics_text(const Result& result, const ResultStyle& style) {
  const Axis leading = stage_info(Stage::lse).axes_in(result.summary.axes).front();
  return statistics_tables(result, axis_name(leading), result.summary.first_query(), style.table);
}

std::string result_text(const Result& result, const std::vector<Stage>& emitted, const ResultStyle& style) {
  std::string text;
  for (const NamedTensor& named : result.tensors) {
    if (!contains(emitted, named.name)) continue;
    text += (text.empty() ? "" : "\n") +
            tensor_table(named.name, named.tensor, axes_of(*find_stage(named.name), result, named.tensor), style.table);
  }
  return text;
}

void write_result_to(Target& target, Result& result, const std::vector<Stage>& emitted, const ResultStyle& style) {
  const StageInfo& info = stage_info(target.tensor.empty() ? shown_stage : stage_of(target.tensor, "-o"));
  const std::vector<Stage> shown = target.tensor.empty() ? emitted : std::vector{info.stage};
  if (target.kind == OutputKind::document) return write_document(target, result, shown);
  if (target.kind == OutputKind::text) {
    const std::string statistics = target.tensor.empty() ? statistics_text(result, style) : "";
    return target.sink->write(joined(result_text(result, shown, style), statistics));
  }
  const auto found = std::find_if(result.tensors.begin(), result.tensors.end(),
                                  [&](const NamedTensor& n) { return n.name == info.name; });
  if (found == result.tensors.end())
    throw data_error("", "there is no tensor '" + std::string(info.name) + "' to write");
  Tensor& tensor = found->tensor;
  const TableAxes axes = axes_of(info, result, tensor);
  if (target.kind == OutputKind::tensor) {
    // A matrix without tokens is numbers alone.
    const bool has_rows = axes.has_columns && !(result.tokens.empty() && tensor.rank() == 2);
    const auto rows = has_rows ? fitting(axes.rows, tensor.extent(-2)) : std::vector<std::string>{};
    const auto columns = axes.has_columns ? fitting(axes.columns, tensor.extent(-1)) : rows;
    return write_tensor(rows_of(tensor), {rows, columns, axes.leading}, *target.format, *target.sink);
  }
  // Pictures take the first of three axes as heads.
  const Shape shape = tensor.shape();
  if (shape.size() == 3 && axes.leading == axis_name(Axis::batch)) tensor.reshape({shape[0], 1, shape[1], shape[2]});
  Heatmap heatmap = made_for(target, [&] {
    const Selection& selection = is_page(target) ? style.page_selection : style.selection;
    Heatmap made{panels_of(tensor, selection, axes.rows, axes.columns), style.heatmap};
    const bool is_masked = result.mask_cells && shows_mask(info.name);
    if (style.heatmap.scale_per == ScalePer::all)
      made.range = scale_range(tensor, is_masked ? all_masked(result, tensor.shape()) : Tensor(), style.heatmap);
    if (is_masked)
      for (Panel& panel : made.panels) {
        Tensor masked(DType::u8, panel.values.shape());
        result.mask_cells({panel.place.layer, panel.place.batch, panel.place.head}, masked.values<std::uint8_t>());
        set_masked(panel, std::move(masked));
      }
    return made;
  });
  for (const std::string& note : style.parts.apply(heatmap.panels))
    if (style.note) style.note(note);
  style.parts.set_titles(heatmap.panels);
  tensor.reshape(shape);
  write_picture(target, heatmap);
}

}  // namespace attn::cli
