// Benchmark results as text, JSON, CSV and Markdown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attn/io.hpp"
#include "cli/bench/case.hpp"

namespace attn::cli {

struct BenchReport {
  std::string date;  ///< ISO 8601
  std::string cpu;
  std::vector<Peak> peaks;
  std::vector<BenchResult> results;
};

void write_bench_json(const BenchReport& report, Sink& sink);
/// One line a result; `separator` ',' or '\t'.
void write_bench_csv(const BenchReport& report, char separator, Sink& sink);
/// Aligned columns for a terminal, or a Markdown table.
std::string bench_text(const BenchReport& report);
std::string bench_markdown(const BenchReport& report);

}  // namespace attn::cli
