// A report as a picture.
#pragma once

#include <string>

#include "attn/heatmap.hpp"
#include "cli/bench/report.hpp"

namespace attn::cli {

/// Bars of the shares of the machine's limits, one a result; of a report that has stages alone, the shares of
/// their time. The bytes of a PNG.
std::string bench_chart(const BenchReport& report, Theme theme);

}  // namespace attn::cli
