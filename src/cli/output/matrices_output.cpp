// Puts panels one behind the other.
#include "cli/output/matrices_output.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "attn/error.hpp"
#include "attn/stages.hpp"
#include "attn/write.hpp"

namespace attn::cli {
namespace {

using Numbers = std::vector<std::int64_t>;

// The different numbers of an axis, in their order; none of one that is reduced or not there.
Numbers numbers_of(std::span<const Panel> panels, std::optional<std::size_t> Panel::Place::*axis) {
  Numbers numbers;
  for (const Panel& panel : panels) {
    const std::optional<std::size_t>& place = panel.place.*axis;
    if (place && std::find(numbers.begin(), numbers.end(), static_cast<std::int64_t>(*place)) == numbers.end())
      numbers.push_back(static_cast<std::int64_t>(*place));
  }
  return numbers;
}

std::vector<MetadataScalar> scalars(const Numbers& numbers) { return {numbers.begin(), numbers.end()}; }

// The values of the panels, one behind the other.
Tensor stacked(std::span<const Panel> panels, const Shape& shape) {
  Tensor all(panels.front().values.dtype(), shape);
  auto* to = static_cast<std::byte*>(all.data());
  for (const Panel& panel : panels) {
    std::memcpy(to, panel.values.data(), panel.values.bytes());
    to += panel.values.bytes();
  }
  return all;
}

// 1 where a query may attend a key.
Tensor attended(std::span<const Panel> panels, const Shape& shape) {
  Tensor mask(DType::u8, shape);
  const std::span<std::uint8_t> cells = mask.values<std::uint8_t>();
  std::fill(cells.begin(), cells.end(), std::uint8_t{1});
  const std::size_t matrix = cells.size() / panels.size();
  for (std::size_t n = 0; n < panels.size(); ++n) {
    if (panels[n].masked.size() == 0) continue;
    const auto hidden = panels[n].masked.values<std::uint8_t>();
    for (std::size_t k = 0; k < matrix; ++k) cells[n * matrix + k] = hidden[k] == 0 ? 1 : 0;
  }
  return mask;
}

}  // namespace

bool takes_numbers(const Target& target) {
  return target.kind == OutputKind::document || target.kind == OutputKind::tensor;
}

void check_numbers(const Selection& selection, const Shape& shape) {
  struct Axis {
    const char* flag;
    const std::string& text;
    std::size_t from_end;
  };
  for (const Axis& axis :
       {Axis{"--head", selection.head, 3}, {"--batch", selection.batch, 4}, {"--layer", selection.layer, 5}}) {
    const std::size_t extent = shape.size() < axis.from_end ? 1 : shape[shape.size() - axis.from_end];
    const bool is_layer = axis.from_end == 5;
    std::vector<std::size_t> places = is_layer && selection.layers.size() == extent
                                          ? parse_numbered_selection(axis.text, selection.layers, axis.flag).indices
                                          : parse_selection(axis.text, extent, axis.flag).indices;
    if (is_layer && !std::is_sorted(places.begin(), places.end()))
      throw usage_error(axis.flag, "numbers are of layers in ascending order");
    std::sort(places.begin(), places.end());
    if (std::adjacent_find(places.begin(), places.end()) != places.end())
      throw usage_error(axis.flag, "'" + axis.text + "' chooses one of them twice; numbers are of each once");
  }
}

Matrices::Matrices(std::span<const Panel> panels, const std::string& name, const Selection& selection,
                   const std::vector<std::pair<std::string, MetadataValue>>& metadata) {
  const Panel& first = panels.front();
  const Numbers layers = numbers_of(panels, &Panel::Place::layer), items = numbers_of(panels, &Panel::Place::batch),
                heads = numbers_of(panels, &Panel::Place::head);
  const auto extent = [](const Numbers& numbers) { return std::max<std::size_t>(numbers.size(), 1); };
  Shape shape{extent(layers), extent(items), extent(heads)};
  numbers_ = {layers, items, heads};
  if (shape[0] * shape[1] * shape[2] != panels.size())
    throw std::logic_error("Matrices: a panel for each layer, batch item and head is expected");
  const auto ones = std::find_if(shape.begin(), shape.end(), [](std::size_t n) { return n != 1; }) - shape.begin();
  shape.erase(shape.begin(), shape.begin() + ones);
  numbers_.erase(numbers_.begin(), numbers_.begin() + ones);
  shape.insert(shape.end(), first.values.shape().begin(), first.values.shape().end());

  result_.tokens = first.row_labels;
  if (first.column_labels != first.row_labels) result_.key_tokens = first.column_labels;
  if (first.column_labels.empty() && !first.row_labels.empty())  // else those of the rows would be the columns'
    for (std::size_t j = 0; j < first.columns(); ++j) result_.key_tokens.push_back(std::to_string(j));
  result_.tensors.push_back({name, stacked(panels, shape)});
  const bool is_masked = std::any_of(panels.begin(), panels.end(), [](const Panel& p) { return p.masked.size() != 0; });
  if (is_masked) result_.tensors.push_back({std::string(stage_name(Stage::mask)), attended(panels, shape)});

  const auto add = [this](const char* member, MetadataValue value) {
    result_.metadata.emplace_back(member, std::move(value));
  };
  add("command", "visualize");
  add("version", std::string(ATTN_VERSION));
  add("dtype", std::string(dtype_name(first.values.dtype())));
  if (shape.size() == 5) add("layers", scalars(layers));
  if (shape.size() < 5 && layers.size() == 1) add("layer", layers.front());
  if (shape.size() >= 4) add("batch", static_cast<std::int64_t>(extent(items)));
  const auto chosen = [&](const char* member, const Numbers& numbers, const std::string& text) {
    if (!numbers.empty()) add(member, scalars(numbers));
    if (numbers.empty() && is_reduction(text)) add(member, text);
  };
  if (layers.empty() && is_reduction(selection.layer)) add("of_layers", selection.layer);
  chosen("of_batch", items, selection.batch);
  chosen("of_heads", heads, selection.head);
  for (const auto& [member, value] : metadata) result_.metadata.emplace_back(member, value);
}

void Matrices::write(const Target& target) const {
  if (target.kind == OutputKind::document) return write_result(result_, *target.format, *target.sink);
  const Tensor& tensor = result_.tensors.front().tensor;
  write_tensor(rows_of(tensor), {result_.tokens, result_.key_labels(), {}, numbers_}, *target.format, *target.sink);
}

}  // namespace attn::cli
