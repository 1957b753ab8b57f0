// One result, one target.
#include "cli/output/result_output.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "attn/attention.hpp"
#include "attn/write.hpp"
#include "cli/flags/masked_panels.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/output/pictures.hpp"
#include "cli/output/result_text.hpp"
#include "core/leading_axes.hpp"

namespace attn::cli {
namespace {

bool contains(const std::vector<Stage>& list, const std::string& name) {
  const StageInfo* const info = find_stage(name);
  return info != nullptr && std::count(list.begin(), list.end(), info->stage) != 0;
}

// Labels of a tensor's last two axes as the table of stages has them.
struct Labels {
  std::vector<std::string> rows, columns;
};
Labels labels_of(const StageInfo& info, const Result& result, const Tensor& tensor) {
  Labels labels;
  labels.rows = labels_for(info.rows(), result, tensor.extent(info.has_columns() ? -2 : -1));
  if (info.has_columns()) labels.columns = labels_for(info.axes.back(), result, tensor.extent(-1));
  return labels;
}

// Labels for a file that has none to spare: as many as the axis, or none.
std::vector<std::string> fitting(std::vector<std::string> labels, std::size_t extent) {
  return labels.size() == extent ? std::move(labels) : std::vector<std::string>{};
}

// The axes before the last two.
std::vector<Axis> leading_axes(const StageInfo& info, const Result& result) {
  std::vector<Axis> axes = info.axes_in(result.summary.axes);
  axes.resize(axes.size() - std::min<std::size_t>(axes.size(), 2));
  return axes;
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

// Which of the result's layers a panel is of.
std::optional<std::size_t> layer_index(const Result& result, const Panel& panel) {
  if (!panel.place.layer || result.layers.empty()) return std::nullopt;
  const auto number = static_cast<std::int64_t>(*panel.place.layer);
  return static_cast<std::size_t>(std::find(result.layers.begin(), result.layers.end(), number) -
                                  result.layers.begin());
}

// The number of the only layer of a model that a tensor with matrices is of; none of other results.
std::optional<std::int64_t> layer_of(const StageInfo& info, const Result& result) {
  if (!result.layers.empty() || !info.has_columns() || info.axes.front() != Axis::layer) return std::nullopt;
  for (const auto& [name, value] : result.metadata)
    if (name == "layer" && std::holds_alternative<std::int64_t>(value)) return std::get<std::int64_t>(value);
  return std::nullopt;
}

// Five axes, the first of which is the layer's.
Shape with_layer(Shape shape) {
  while (shape.size() < 5) shape.insert(shape.begin(), 1);
  return shape;
}

// Without such an axis there is one of them, as in pictures.
void check_selection(const Selection& selection, const RunAxes& axes) {
  if (!axes.batch) parse_selection(selection.batch, 1, "--batch");
  if (!axes.heads) parse_selection(selection.head, 1, "--head");
}

// What text does not follow.
void note_of_reductions(const ResultStyle& style) {
  const Selection& selection = style.text.selection;
  for (const auto& [flag, text] : {std::pair{"--head", &selection.head}, std::pair{"--batch", &selection.batch}})
    if (is_reduction(*text) && style.note)
      style.note(std::string(flag) + " " + *text + " is of pictures: text shows all");
}

}  // namespace

void write_result_to(Target& target, Result& result, const std::vector<Stage>& emitted, const ResultStyle& style) {
  const StageInfo& info = stage_info(target.tensor.empty() ? shown_stage : stage_of(target.tensor, "-o"));
  const std::vector<Stage> shown = target.tensor.empty() ? emitted : std::vector{info.stage};
  if (target.kind == OutputKind::document) return write_document(target, result, shown);
  if (target.kind == OutputKind::text) {
    note_of_reductions(style);
    check_selection(style.text.selection, result.summary.axes);
    return target.sink->write(result_text(result, shown, target.tensor.empty(), style.text));
  }
  const auto found = std::find_if(result.tensors.begin(), result.tensors.end(),
                                  [&](const NamedTensor& n) { return n.name == info.name; });
  if (found == result.tensors.end())
    throw data_error("", "there is no tensor '" + std::string(info.name) + "' to write");
  Tensor& tensor = found->tensor;
  const Labels labels = labels_of(info, result, tensor);
  const std::vector<Axis> leading = leading_axes(info, result);
  if (target.kind == OutputKind::tensor) {
    // A matrix without tokens is numbers alone.
    const bool has_rows = info.has_columns() && !(result.tokens.empty() && tensor.rank() == 2);
    const auto rows = has_rows ? fitting(labels.rows, tensor.extent(-2)) : std::vector<std::string>{};
    const auto columns = info.has_columns() ? fitting(labels.columns, tensor.extent(-1)) : rows;
    std::vector<std::string_view> names;
    std::vector<std::vector<std::int64_t>> numbers;
    for (const Axis axis : leading) {
      names.push_back(axis_name(axis));
      numbers.push_back(axis == Axis::layer ? result.layers : std::vector<std::int64_t>{});
    }
    return write_tensor(rows_of(tensor), {rows, columns, names, numbers}, *target.format, *target.sink);
  }
  const Shape shape = tensor.shape();
  const Shape matrices = shape_for_pictures(leading, shape);
  const std::optional<std::int64_t> layer = layer_of(info, result);
  tensor.reshape(layer ? with_layer(matrices) : matrices);
  Heatmap heatmap = made_for(target, [&] {
    Selection selection = is_page(target) ? style.page_selection : style.selection;
    if (!result.layers.empty()) selection.layer = "all";  // those that were asked for
    selection.layers = layer ? std::vector{*layer} : result.layers;
    Heatmap made{panels_of(tensor, selection, labels.rows, labels.columns), style.heatmap};
    const bool is_masked = result.mask_cells && shows_mask(info.name);
    if (style.heatmap.scale_per == ScalePer::all)
      made.range = scale_range(tensor, is_masked ? all_masked(result, matrices) : Tensor(), style.heatmap);
    if (is_masked)
      for (Panel& panel : made.panels) {
        Tensor masked(DType::u8, panel.values.shape());
        result.mask_cells({layer_index(result, panel), panel.place.batch, panel.place.head},
                          masked.values<std::uint8_t>());
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
