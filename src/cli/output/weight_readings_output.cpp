// Reads a panel as if it were a result's weights.
#include "cli/output/weight_readings_output.hpp"

#include <utility>
#include <vector>

#include "attn/weight_readings.hpp"
#include "cli/output/statistics_tables.hpp"
#include "core/utf8.hpp"

namespace attn::cli {
namespace {

// Some rows of (L) or (L, count).
Tensor rows_of(const Tensor& tensor, std::span<const std::size_t> rows) {
  const std::size_t width = tensor.rank() == 1 ? 1 : tensor.extent(-1);
  Tensor chosen(DType::f64, tensor.rank() == 1 ? Shape{rows.size()} : Shape{rows.size(), width});
  auto* to = chosen.values<double>().data();
  for (const std::size_t row : rows)
    for (std::size_t j = 0; j < width; ++j) *to++ = number_at(tensor, row * width + j);
  return chosen;
}

std::vector<std::string> numbers(std::size_t from, std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back(std::to_string(from + i));
  return texts;
}

}  // namespace

std::string readings_text(const Panel& panel, std::span<const std::size_t> rows, const ReadingsWanted& wanted) {
  WeightReadings readings = read_weights(panel.values, wanted.stats, wanted.top, wanted.first_query);
  const std::vector<std::string> labels =
      panel.row_labels.empty() ? numbers(wanted.first_query, panel.rows()) : panel.row_labels;
  Result result;
  for (const std::size_t row : rows) result.tokens.push_back(labels[row]);
  result.key_tokens = panel.column_labels.empty() ? numbers(0, panel.columns()) : panel.column_labels;
  for (NamedTensor& named : readings.stats) result.stats.push_back({named.name, rows_of(named.tensor, rows)});
  if (readings.top) {
    TopKeys top{readings.top->count, {}, rows_of(readings.top->weights, rows)};
    for (const std::size_t row : rows)
      for (std::size_t place = 0; place < top.count; ++place)
        top.keys.push_back(readings.top->keys[row * top.count + place]);
    result.top = std::move(top);
  }
  const std::string title = panel.title.empty() ? "" : printable(panel.title) + "\n";
  const Selection all{.head = "all", .batch = "all"};
  return title + statistics_tables(result, TextItems(result, all), 0, {.width = wanted.width});
}

}  // namespace attn::cli
