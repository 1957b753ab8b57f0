// A benchmark's report: what was measured, and the formats that show it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attn/sink.hpp"
#include "cli/bench/case.hpp"
#include "cli/bench/stage.hpp"

namespace attn::cli {

struct BenchReport {
  std::string date;  ///< ISO 8601
  std::string cpu;
  std::vector<Peak> peaks;
  std::vector<BenchResult> results;
  std::vector<StageResult> stages;
};

/// What follows from a result's median; nothing if it was not timed, or has nothing to compare with.
struct Rates {
  std::optional<double> gflops, peak_share, gbps, bandwidth_share;
};
Rates rates_of(const BenchResult& result);

/// The result's median over that of the same case at half the length (of its keys, and of its queries unless
/// there is one); nothing if the report has no such case.
std::optional<double> doubling_ratio(const BenchReport& report, const BenchResult& result);

void write_bench_json(const BenchReport& report, Sink& sink);
/// One line a result, then one a stage, which has its name as `mode`; `separator` ',' or '\t'.
void write_bench_csv(const BenchReport& report, char separator, Sink& sink);
/// Aligned columns, or Markdown tables. `color`: shares of the machine's limits are coloured. `width`: of the terminal;
/// columns that do not fit it stand under the others, with the rows' numbers. 0 is any.
std::string bench_text(const BenchReport& report, bool color, std::size_t width);
std::string bench_markdown(const BenchReport& report);

}  // namespace attn::cli
