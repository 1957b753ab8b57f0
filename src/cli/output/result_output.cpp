// One result, one target.
#include "cli/output/result_output.hpp"

#include <algorithm>
#include <optional>

#include "attn/attention.hpp"
#include "cli/flags/query_range.hpp"
#include "cli/output/key_labels.hpp"
#include "cli/output/statistics_tables.hpp"

namespace attn::cli {
namespace {

bool is_matrix(const std::string& name) {
  for (const StageInfo& info : stages())
    if (info.name == name) return info.matrix;
  return false;
}

// What the first axis of a rank-3 tensor (of a rank-2 lse) counts.
std::string_view leading_axis(const std::string& name, const ResultStyle& style) {
  if (!style.split_heads || name == "output" || name == "concat") return "batch";
  if (name == "weights" && style.averages) return "batch";
  if ((name == "query" || name == "key" || name == "value") && !style.projects) return "batch";
  return "head";
}

// The labels of a tensor's columns, if they are keys.
std::vector<std::string> column_labels(const Result& result, const std::string& name) {
  return is_matrix(name) ? key_labels(result) : std::vector<std::string>{};
}

// Rows are queries in every tensor but the keys' own.
std::vector<std::string> row_labels(const Result& result, const NamedTensor& named, const ResultStyle& style) {
  const std::string& name = named.name;
  const bool of_keys = name == "key" || name == "value" || name == "present_key" || name == "present_value";
  if (of_keys) return key_labels(result);
  return query_labels(result.tokens, style.first_query, named.tensor.extent(name == "lse" ? -1 : -2));
}

// The same for a file: a matrix without tokens is numbers alone.
std::vector<std::string> row_labels_of_file(const Result& result, const NamedTensor& named, const ResultStyle& style) {
  return result.tokens.empty() && named.tensor.rank() == 2 ? std::vector<std::string>{}
                                                           : row_labels(result, named, style);
}

// Labels for a file that has none to spare: as many as the axis, or none.
std::vector<std::string> fitting(std::vector<std::string> labels, std::size_t extent) {
  return labels.size() == extent ? std::move(labels) : std::vector<std::string>{};
}

// A document of some of the tensors: they are moved out, written and moved back. One that was picked is alone.
void write_document(Target& target, Result& result, const std::vector<std::string>& names) {
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
    if (std::count(names.begin(), names.end(), named.name) != 0) kept.push_back({named.name, std::move(named.tensor)});
  kept.swap(result.tensors);
  write_result(result, *target.format, *target.sink);
  exchange();
  kept.swap(result.tensors);
  for (NamedTensor& named : kept)
    for (NamedTensor& place : result.tensors)
      if (place.name == named.name) place.tensor = std::move(named.tensor);
}

std::string joined(std::string first, const std::string& second) {
  if (!first.empty() && !second.empty()) first += "\n";
  return first + second;
}

}  // namespace

std::string readings_text(const Result& result, const ResultStyle& style) {
  return reading_tables(result, leading_axis("lse", style), style.first_query, style.table);
}

std::string result_text(const Result& result, const std::vector<std::string>& emitted, const ResultStyle& style) {
  std::string text;
  for (const NamedTensor& named : result.tensors) {
    if (std::count(emitted.begin(), emitted.end(), named.name) == 0) continue;
    text += (text.empty() ? "" : "\n") + tensor_table(named.name, named.tensor, row_labels(result, named, style),
                                                      column_labels(result, named.name), is_matrix(named.name),
                                                      leading_axis(named.name, style), style.table);
  }
  return text;
}

void write_result_to(Target& target, Result& result, const std::vector<std::string>& emitted,
                     const ResultStyle& style) {
  const std::string name = target.tensor.empty() ? std::string(default_tensor) : target.tensor;
  if (target.kind == OutputKind::document)
    return write_document(target, result, target.tensor.empty() ? emitted : std::vector{name});
  if (target.kind == OutputKind::text && !target.tensor.empty())
    return target.sink->write(result_text(result, {name}, style));
  if (target.kind == OutputKind::text)
    return target.sink->write(joined(result_text(result, emitted, style), readings_text(result, style)));
  const auto found =
      std::find_if(result.tensors.begin(), result.tensors.end(), [&](const NamedTensor& n) { return n.name == name; });
  Tensor* tensor = found == result.tensors.end() ? nullptr : &found->tensor;
  if (tensor == nullptr) throw data_error("", "there is no tensor '" + name + "' to write");
  if (target.kind == OutputKind::tensor) {
    const bool has_rows = name != "lse";  // its last axis is the queries
    const auto rows =
        has_rows ? fitting(row_labels_of_file(result, *found, style), tensor->extent(-2)) : std::vector<std::string>{};
    const auto columns = has_rows ? fitting(column_labels(result, name), tensor->extent(-1)) : rows;
    const bool is_csv = target.format->name == "csv";
    if (is_csv || target.format->name == "tsv")
      return write_csv(*tensor, rows, columns, is_csv ? ',' : '\t', *target.sink, leading_axis(name, style));
    return write_tensor(*tensor, rows, columns, *target.format, *target.sink);
  }
  // Pictures take the first of three axes as heads.
  const Shape shape = tensor->shape();
  if (shape.size() == 3 && leading_axis(name, style) == "batch") tensor->reshape({shape[0], 1, shape[1], shape[2]});
  const std::string png = made_for(target, [&] {
    return render_png(
        {panels_of(*tensor, style.selection, row_labels(result, *found, style), column_labels(result, name)),
         style.heatmap});
  });
  tensor->reshape(shape);
  target.sink->write(png);
}

}  // namespace attn::cli
