// Walks the leading axes of tensors.
#include "cli/output/text_items.hpp"

#include <algorithm>
#include <numeric>

#include "core/option_name.hpp"

namespace attn::cli {
namespace {

std::vector<std::size_t> all_of(std::size_t extent) {
  std::vector<std::size_t> all(extent);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

std::vector<std::size_t> chosen(const std::string& text, std::size_t extent, const char* option) {
  const AxisSelection selection = parse_selection(text, extent, option_name(option));
  return selection.kind == AxisSelection::Kind::indices ? selection.indices : all_of(extent);
}

}  // namespace

bool TextItems::hides(Axis axis) const {
  return axis == Axis::layer || (axis == Axis::batch && layer_ && result_.summary.batch == 1);
}

std::vector<std::size_t> TextItems::shown(Axis axis, std::size_t extent) const {
  if (axis == Axis::layer) return layer_ ? std::vector{*layer_} : all_of(extent);
  if (axis == Axis::batch) return chosen(selection_.batch, extent, "batch");
  const std::size_t heads = result_.summary.heads;
  if (axis != Axis::kv_head || heads == 0) return chosen(selection_.head, extent, "head");
  // The heads that these read.
  std::vector<std::size_t> read;
  for (const std::size_t head : chosen(selection_.head, heads, "head")) {
    const std::size_t kv_head = head / (heads / extent);
    if (std::find(read.begin(), read.end(), kv_head) == read.end()) read.push_back(kv_head);
  }
  return read;
}

std::vector<TextItem> TextItems::of(std::span<const Axis> axes, const Shape& extents) const {
  std::vector<TextItem> items(1);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    std::vector<TextItem> more;
    const std::vector<std::size_t> places = shown(axes[a], extents[a]);
    for (const TextItem& item : items)
      for (const std::size_t place : places) {
        const std::string name = std::string(axis_name(axes[a])) + " " + std::to_string(place);
        const std::string comma = item.heading.empty() ? "" : ", ";
        more.push_back({item.index * extents[a] + place, hides(axes[a]) ? item.heading : item.heading + comma + name});
      }
    items = std::move(more);
  }
  for (TextItem& item : items)
    if (!item.heading.empty()) item.heading += "\n";
  return items;
}

std::vector<TextItem> TextItems::of(const StageInfo& info, const Tensor& tensor) const {
  const std::vector<Axis> axes = info.axes_in(result_.summary.axes);
  const std::size_t leading = axes.size() - std::min<std::size_t>(axes.size(), info.has_columns() ? 2 : 1);
  return of(std::span(axes).first(leading), tensor.shape());
}

Shape TextItems::shape_of(const StageInfo& info, const Shape& shape) const {
  const std::vector<Axis> axes = info.axes_in(result_.summary.axes);
  Shape own;
  for (std::size_t a = 0; a < shape.size(); ++a)
    if (!layer_ || a >= axes.size() || !hides(axes[a])) own.push_back(shape[a]);
  return own;
}

std::vector<TextItem> TextItems::of_rows(const Shape& extents) const {
  const std::vector<Axis> axes = stage_info(Stage::lse).axes_in(result_.summary.axes);
  return of(std::span(axes).first(extents.size()), extents);
}

}  // namespace attn::cli
