// Reports as JSON and CSV.
#include <algorithm>

#include "attn/json_writer.hpp"
#include "cli/bench/fields.hpp"
#include "core/number.hpp"

namespace attn::cli {
namespace {

struct JsonMember {
  JsonWriter& json;

  void operator()(std::monostate) const { json.null(); }
  void operator()(std::span<const double> list) const {
    json.begin_array();
    for (const double number : list) json.value(number);
    json.end_array();
  }
  template <class T>
  void operator()(const T& value) const {
    json.value(value);
  }
};

// Names have commas: "process, 4 tokens".
std::string quoted(const std::string& text, char separator) {
  if (text.find(separator) == std::string::npos && text.find('"') == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

struct CsvField {
  char separator;

  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(std::uint64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return shortest(number); }
  std::string operator()(const std::string& text) const { return quoted(text, separator); }
  std::string operator()(std::span<const double>) const { return ""; }
};

// A column of the CSV: what it holds of a result and of a stage.
struct Column {
  std::string_view name;
  const ResultField* of_result = nullptr;
  const StageField* of_stage = nullptr;
};

std::vector<Column> columns() {
  std::vector<Column> all;
  for (const ResultField& field : result_fields())
    if (field.in_csv) all.push_back({field.name, &field, nullptr});
  for (const StageField& field : stage_fields()) {
    const std::string_view name = field.name == "stage" ? "mode" : field.name;
    const auto at = std::find_if(all.begin(), all.end(), [&](const Column& column) { return column.name == name; });
    if (at != all.end()) {
      at->of_stage = &field;
    } else {
      all.push_back({name, nullptr, &field});
    }
  }
  return all;
}

}  // namespace

void write_bench_json(const BenchReport& report, Sink& sink) {
  JsonWriter json(sink);
  json.begin_object();
  json.key("version").value(ATTN_VERSION).key("date").value(report.date).key("cpu").value(report.cpu);
  json.key("kernels").begin_array();
  for (const KernelSet* set : supported_kernel_sets()) json.value(set->name);
  json.end_array().key("peaks").begin_array();
  for (const Peak& peak : report.peaks) {
    json.begin_object().key("kernel").value(peak.kernels->name).key("dtype").value(dtype_name(peak.dtype));
    json.key("threads").value(static_cast<std::uint64_t>(peak.threads));
    json.key("fma_gflops").value(peak.fma_gflops).key("read_gbps").value(peak.read_gbps).end_object();
  }
  json.end_array().key("results").begin_array();
  for (const BenchResult& result : report.results) {
    json.begin_object();
    for (const ResultField& field : result_fields())
      std::visit(JsonMember{json.key(field.name)}, field.of(report, result));
    json.end_object();
  }
  json.end_array().key("stages").begin_array();
  for (const StageResult& stage : report.stages) {
    json.begin_object();
    for (const StageField& field : stage_fields()) std::visit(JsonMember{json.key(field.name)}, field.of(stage));
    json.end_object();
  }
  json.end_array().end_object().finish();
}

void write_bench_csv(const BenchReport& report, char separator, Sink& sink) {
  std::string text;
  const std::vector<Column> all = columns();
  const auto line = [&](const auto& field_of) {
    for (const Column& column : all) text += field_of(column) + (&column == &all.back() ? '\n' : separator);
  };
  const auto field = [&](const FieldValue& value) { return std::visit(CsvField{separator}, value); };
  line([&](const Column& column) { return std::string(column.name); });
  for (const BenchResult& result : report.results)
    line([&](const Column& column) {
      return column.of_result == nullptr ? std::string() : field(column.of_result->of(report, result));
    });
  for (const StageResult& stage : report.stages)
    line([&](const Column& column) {
      return column.of_stage == nullptr ? std::string() : field(column.of_stage->of(stage));
    });
  sink.write(text);
}

}  // namespace attn::cli
