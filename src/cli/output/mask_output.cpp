// Writes masks: rows from key ranges, cells of pictures from what each covers.
#include "cli/output/mask_output.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "attn/error.hpp"
#include "attn/json_writer.hpp"
#include "cli/flags/picture_flags.hpp"
#include "core/memory.hpp"
#include "core/progress.hpp"

namespace attn::cli {
namespace {

// Up to so many scores a picture is drawn from the matrix itself.
constexpr std::size_t few_scores = std::size_t{1} << 20;

std::string times(const Shape& shape) {
  std::string text;
  for (const std::size_t extent : shape) text += (text.empty() ? "" : " × ") + std::to_string(extent);
  return text;
}

bool is_one_matrix(const SelectedAxes& axes) {
  return axes.batch.kind == AxisSelection::Kind::indices && axes.head.kind == AxisSelection::Kind::indices;
}

}  // namespace

Shape MaskOutput::shape() const {
  const MaskShape& grid = mask_.shape();
  Shape shape{grid.queries, grid.keys};
  const bool by_batch = items() != 1, by_head = heads() != 1;
  if (by_head) shape.insert(shape.begin(), heads());
  // Where scores have heads, a mask of rank 3 has one for each of them.
  if (by_batch && !by_head && !grid.rank3_is_batch) shape.insert(shape.begin(), 1);
  if (by_batch) shape.insert(shape.begin(), items());
  return shape;
}

void MaskOutput::check_size() const {
  double size = static_cast<double>(dtype_size(dtype()));
  for (const std::size_t extent : shape()) size *= static_cast<double>(extent);
  if (size <= static_cast<double>(max_memory_)) return;
  const double matrices = static_cast<double>(items() * heads() * dtype_size(dtype()));
  const auto side = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(max_memory_) / matrices));
  throw data_error("--max-memory", "a mask of " + times(shape()) + " passes the limit of " + size_text(max_memory_) +
                                       "; " + std::to_string(side) + " queries and keys would fit, and --stats and " +
                                       "pictures need no matrix");
}

TensorLabels MaskOutput::tensor_labels() const {
  const auto fitting = [](const std::vector<std::string>& tokens, std::size_t extent) {
    return tokens.size() == extent ? tokens : std::vector<std::string>();
  };
  return {fitting(grid_.tokens, mask_.shape().queries), fitting(grid_.key_tokens, mask_.shape().keys),
          shape().size() == 3 ? std::vector<std::string_view>{heads() != 1 ? "head" : "batch"}
                              : std::vector<std::string_view>{}};
}

// Row n of the matrix in C order, made in `row`.
TensorRows MaskOutput::rows(Tensor& row) const {
  row = Tensor(dtype(), {mask_.shape().queries == 0 ? 0 : mask_.shape().keys});
  const auto make = [this, &row, ranges = std::vector<KeyRange>()](std::size_t n) mutable -> const void* {
    const std::size_t queries = mask_.shape().queries, matrix = n / queries;
    mask_.row(matrix / heads(), matrix % heads(), n % queries, ranges);
    const auto fill = [&](auto values, auto hidden, auto shown) {
      std::fill(values.begin(), values.end(), hidden);
      for (const KeyRange range : ranges) std::fill(values.begin() + range.begin, values.begin() + range.end, shown);
    };
    if (form_ == MaskForm::additive) {
      fill(row.values<float>(), -std::numeric_limits<float>::infinity(), 0.0F);
    } else {
      fill(row.values<std::uint8_t>(), std::uint8_t{0}, std::uint8_t{1});
    }
    return row.data();
  };
  return {dtype(), shape(), make};
}

Tensor MaskOutput::tensor() const {
  Tensor row, whole(dtype(), shape());
  const TensorRows source = rows(row);
  auto* to = static_cast<char*>(whole.data());
  for (std::size_t n = 0, count = items() * heads() * mask_.shape().queries; n < count; ++n, to += row.bytes()) {
    const void* from = source.row(n);
    if (row.bytes() != 0) std::memcpy(to, from, row.bytes());
  }
  return whole;
}

void MaskOutput::write(const Target& target) const {
  check_size();
  if (target.kind == OutputKind::tensor) {
    Tensor row;
    return write_tensor(rows(row), tensor_labels(), *target.format, *target.sink);
  }
  if (target.format->is_json) return write_json(*target.sink);
  Result result;
  result.tensors.push_back({name(), tensor()});
  result.metadata = {{"expression", expression_}};
  if (items() != 1) result.metadata.emplace_back("batch", static_cast<std::int64_t>(items()));
  if (heads() != 1) result.metadata.emplace_back("heads", static_cast<std::int64_t>(heads()));
  write_result(result, *target.format, *target.sink);
}

void MaskOutput::write_json(Sink& sink) const {
  Tensor row;
  const TensorRows source = rows(row);
  const Progress progress("", items() * heads() * mask_.shape().queries * mask_.shape().keys, WorkUnit::numbers);
  JsonWriter json(sink);
  json.begin_object().key("expression").value(expression_);
  json.key("queries").value(static_cast<std::uint64_t>(mask_.shape().queries));
  json.key("keys").value(static_cast<std::uint64_t>(mask_.shape().keys));
  if (items() != 1) json.key("batch").value(static_cast<std::uint64_t>(items()));
  if (heads() != 1) json.key("heads").value(static_cast<std::uint64_t>(heads()));
  json.key(name());
  std::size_t n = 0;
  const auto put = [&](const auto& self, std::size_t axis) -> void {
    if (axis + 1 == source.shape.size()) {
      source.row(n++);
      json.tensor(row, form_ == MaskForm::booleans);
      return;
    }
    json.begin_array();
    for (std::size_t i = 0; i < source.shape[axis]; ++i) self(self, axis + 1);
    json.end_array();
  };
  put(put, 0);
  json.end_object().finish();
}

// Without its cells yet.
Panel MaskOutput::panel(const SelectedAxes& axes) const {
  Panel panel;
  panel.values = Tensor::zeros(DType::f32, {1, 1});
  panel.title = axes.title;
  panel.whole = {mask_.shape().queries, mask_.shape().keys, {}};
  for (const double value : {0.0, 1.0}) panel.whole->range.include(value);
  set_labels(panel, grid_.tokens, grid_.key_tokens);
  return panel;
}

// False if what came out asks for other sizes: on a logarithmic scale the least share that is not 0 is its end.
bool MaskOutput::pool(Heatmap& heatmap, const std::vector<SelectedAxes>& selected,
                      const std::vector<GridSize>& sizes) const {
  for (std::size_t p = 0; p < selected.size(); ++p) {
    Panel& panel = heatmap.panels[p];
    panel.values = mask_.pool(selected[p].batch.indices.front(), selected[p].head.indices.front(), sizes[p].rows,
                              sizes[p].columns, heatmap.style.pooling, threads_);
    for (const float share : panel.values.values<float>()) panel.whole->range.include(static_cast<double>(share));
  }
  return !heatmap.style.logarithmic || heatmap.style.vmin || drawn_cells(heatmap) == sizes;
}

// What every picture of a mask has: colours for 0 and 1, and what lies between.
HeatmapStyle MaskOutput::styled(HeatmapStyle style) {
  if (!style.vmin && !style.logarithmic) style.vmin = 0;
  if (!style.vmax) style.vmax = 1;
  style.exact_ends = true;
  return style;
}

Heatmap MaskOutput::whole_picture(HeatmapStyle style, const Selection& selection) const {
  const MaskShape& grid = mask_.shape();
  check_size();
  Tensor whole(DType::u8, {items(), heads(), grid.queries, grid.keys});
  const std::size_t size = grid.queries * grid.keys;
  for (std::size_t n = 0; n < items() * heads(); ++n)
    mask_.fill(n / heads(), n % heads(), whole.values<std::uint8_t>().subspan(n * size, size));
  return {panels_of(whole.as(DType::f32), selection, grid_.tokens, grid_.key_tokens), styled(std::move(style))};
}

Heatmap MaskOutput::picture(HeatmapStyle style, const Selection& selection, const TerminalStyle* terminal) const {
  const MaskShape& grid = mask_.shape();
  const std::vector<SelectedAxes> selected = select_axes({items(), heads(), grid.queries, grid.keys}, selection);
  const double scores = static_cast<double>(grid.queries) * static_cast<double>(grid.keys);
  // Reductions over heads and batch items need the matrices that they reduce; of nothing there is no picture, which
  // rendering says best.
  if (scores == 0 || !std::all_of(selected.begin(), selected.end(), is_one_matrix))
    return whole_picture(std::move(style), selection);
  Heatmap heatmap{{}, styled(std::move(style))};
  for (const SelectedAxes& axes : selected) heatmap.panels.push_back(panel(axes));
  if (scores <= static_cast<double>(few_scores)) {
    pool(heatmap, selected, std::vector<GridSize>(selected.size(), {grid.queries, grid.keys}));
    for (Panel& panel : heatmap.panels) panel.whole.reset();
    return heatmap;
  }
  if (terminal != nullptr) {
    if (heatmap.style.title.empty())
      heatmap.style.title = std::to_string(grid.queries) + " queries × " + std::to_string(grid.keys) + " keys";
    pool(heatmap, selected, terminal_cells(heatmap, *terminal));
    return heatmap;
  }
  if (heatmap.style.annotate) return heatmap;  // rendering refuses so many numbers
  for (int round = 0; round < 3; ++round)
    if (pool(heatmap, selected, drawn_cells(heatmap))) break;
  return heatmap;
}

}  // namespace attn::cli
