// The fields of a result once, and the formats that show them.
#include "cli/bench/report.hpp"

#include <algorithm>
#include <optional>

#include "core/number.hpp"

namespace attn::cli {
namespace {

std::string_view status_name(BenchResult::Status status) {
  switch (status) {
    case BenchResult::Status::ok: return "ok";
    case BenchResult::Status::wrong: return "wrong";
    case BenchResult::Status::skipped: return "skipped";
  }
  return "";
}

// What follows from a result's median; nothing if it was not timed, or has no peak to compare with.
struct Rates {
  std::optional<double> gflops, peak_share, gbps, bandwidth_share;
};

Rates rates_of(const BenchResult& result) {
  Rates rates;
  if (result.timing.seconds.empty() || !(result.timing.median > 0)) return rates;
  rates.gflops = result.config.flops() / result.timing.median / 1e9;
  rates.gbps = result.config.bytes() / result.timing.median / 1e9;
  if (!result.peak) return rates;
  rates.peak_share = *rates.gflops / result.peak->fma_gflops;
  rates.bandwidth_share = *rates.gbps / result.peak->read_gbps;
  return rates;
}

void member(JsonWriter& json, const char* name, std::optional<double> number) {
  json.key(name);
  if (number) {
    json.value(*number);
  } else {
    json.null();
  }
}

void write_config(JsonWriter& json, const BenchCase& config) {
  const auto count = [&](const char* name, std::size_t n) { json.key(name).value(static_cast<std::uint64_t>(n)); };
  json.key("mode").value(mode_name(config.mode));
  count("batch", config.batch);
  count("heads", config.heads);
  count("kv_heads", config.kv_heads);
  count("queries", config.queries);
  count("keys", config.keys);
  count("dim", config.dim);
  count("value_dim", config.dim);
  json.key("causal").value(config.causal);
  json.key("dtype").value(dtype_name(config.dtype));
  json.key("kernel").value(config.kernels->name);
  count("threads", config.threads);
}

void write_one(JsonWriter& json, const BenchResult& result) {
  json.begin_object();
  write_config(json, result.config);
  json.key("status").value(status_name(result.status)).key("reason");
  if (result.reason.empty()) {
    json.null();
  } else {
    json.value(result.reason);
  }
  const bool checked = result.status != BenchResult::Status::skipped;
  member(json, "max_error", checked ? std::optional(result.max_error) : std::nullopt);
  member(json, "error_bound", checked ? std::optional(result.error_bound) : std::nullopt);
  const Timing& timing = result.timing;
  json.key("warmup").value(static_cast<std::uint64_t>(timing.warmup));
  json.key("runs").value(static_cast<std::uint64_t>(timing.seconds.size())).key("seconds").begin_array();
  for (const double seconds : timing.seconds) json.value(seconds);
  json.end_array();
  const auto timed = [&](double x) { return timing.seconds.empty() ? std::nullopt : std::optional(x); };
  member(json, "min", timed(timing.min));
  member(json, "median", timed(timing.median));
  member(json, "mean", timed(timing.mean));
  member(json, "stddev", timed(timing.stddev));
  member(json, "max", timed(timing.max));
  json.key("outliers").value(static_cast<std::uint64_t>(timing.outliers));
  const Rates rates = rates_of(result);
  member(json, "gflops", rates.gflops);
  member(json, "peak_share", rates.peak_share);
  member(json, "gbps", rates.gbps);
  member(json, "bandwidth_share", rates.bandwidth_share);
  json.end_object();
}

const std::vector<std::string> header{"mode",      "B,H,L,S,D", "causal",  "dtype",   "kernel",   "threads",
                                      "median ms", "spread",    "GFLOP/s", "of peak", "max error"};

std::vector<std::string> row_of(const BenchResult& result) {
  const BenchCase& config = result.config;
  std::string heads = std::to_string(config.heads);
  if (config.kv_heads != config.heads) heads += "(" + std::to_string(config.kv_heads) + ")";
  std::vector<std::string> row{std::string(mode_name(config.mode)),
                               std::to_string(config.batch) + "," + heads + "," + std::to_string(config.queries) + "," +
                                   std::to_string(config.keys) + "," + std::to_string(config.dim),
                               config.causal ? "yes" : "no",
                               std::string(dtype_name(config.dtype)),
                               std::string(config.kernels->name),
                               std::to_string(config.threads)};
  if (result.timing.seconds.empty()) {
    row.push_back(std::string(status_name(result.status)) + ": " + result.reason);
    row.resize(header.size());
    return row;
  }
  const Timing& timing = result.timing;
  const Rates rates = rates_of(result);
  row.push_back(fixed(timing.median * 1e3, 3));
  row.push_back("±" + fixed(timing.median > 0 ? 100 * timing.stddev / timing.median : 0, 1) + " %" +
                (timing.outliers == 0 ? "" : ", " + std::to_string(timing.outliers) + " out"));
  row.push_back(rates.gflops ? fixed(*rates.gflops, 1) : "");
  row.push_back(rates.peak_share ? fixed(*rates.peak_share, 2) : "");
  row.push_back(shortest(static_cast<float>(result.max_error)));
  return row;
}

std::string peaks_text(const BenchReport& report) {
  std::string text;
  for (const Peak& peak : report.peaks)
    text += "peak: " + std::string(peak.kernels->name) + " " + std::string(dtype_name(peak.dtype)) + ", " +
            std::to_string(peak.threads) + (peak.threads == 1 ? " thread: " : " threads: ") +
            fixed(peak.fma_gflops, 1) + " GFLOP/s of multiply-adds, " + fixed(peak.read_gbps, 1) +
            " GB/s read from memory\n";
  return text;
}

std::size_t columns_of(const std::string& text) {  // the only wide characters are ± and none takes two columns
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
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
  for (const BenchResult& result : report.results) write_one(json, result);
  json.end_array().key("stages").begin_array().end_array().end_object().finish();
}

void write_bench_csv(const BenchReport& report, char separator, Sink& sink) {
  std::string text;
  const auto field = [&](const std::string& value, bool last = false) { text += value + (last ? '\n' : separator); };
  for (const char* name :
       {"mode",   "batch",  "heads",   "kv_heads", "queries",   "keys",        "dim",        "causal",
        "dtype",  "kernel", "threads", "status",   "max_error", "error_bound", "runs",       "min",
        "median", "mean",   "stddev",  "max",      "outliers",  "gflops",      "peak_share", "gbps"})
    field(name);
  field("bandwidth_share", true);
  for (const BenchResult& result : report.results) {
    const BenchCase& config = result.config;
    const Timing& timing = result.timing;
    const Rates rates = rates_of(result);
    const auto maybe = [&](std::optional<double> x) { return x ? shortest(*x) : std::string(); };
    const auto timed = [&](double x) { return timing.seconds.empty() ? std::string() : shortest(x); };
    field(std::string(mode_name(config.mode)));
    for (const std::size_t n : {config.batch, config.heads, config.kv_heads, config.queries, config.keys, config.dim})
      field(std::to_string(n));
    field(config.causal ? "true" : "false");
    field(std::string(dtype_name(config.dtype)));
    field(std::string(config.kernels->name));
    field(std::to_string(config.threads));
    field(std::string(status_name(result.status)));
    field(shortest(result.max_error));
    field(shortest(result.error_bound));
    field(std::to_string(timing.seconds.size()));
    for (const double x : {timing.min, timing.median, timing.mean, timing.stddev, timing.max}) field(timed(x));
    field(std::to_string(timing.outliers));
    field(maybe(rates.gflops));
    field(maybe(rates.peak_share));
    field(maybe(rates.gbps));
    field(maybe(rates.bandwidth_share), true);
  }
  sink.write(text);
}

std::string bench_text(const BenchReport& report) {
  std::vector<std::vector<std::string>> rows{header};
  for (const BenchResult& result : report.results) rows.push_back(row_of(result));
  std::vector<std::size_t> widths(header.size());
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c)
      if (row[c].find(": ") == std::string::npos) widths[c] = std::max(widths[c], columns_of(row[c]));
  std::string text = "cpu:  " + report.cpu + "\n" + peaks_text(report) + "\n";
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - std::min(widths[c], columns_of(row[c])), ' ');
      line += (c == 0 ? "" : "  ") + (c < 5 ? row[c] + padding : padding + row[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string bench_markdown(const BenchReport& report) {
  std::string text = report.cpu + "\n\n" + peaks_text(report) + "\n";
  const auto line = [&](const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) text += "| " + cell + " ";
    text += "|\n";
  };
  line(header);
  line(std::vector<std::string>(header.size(), "---"));
  for (const BenchResult& result : report.results) line(row_of(result));
  return text;
}

}  // namespace attn::cli
