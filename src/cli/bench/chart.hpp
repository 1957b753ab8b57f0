// A report as a picture.
#pragma once

#include "cli/bench/report.hpp"
#include "render/bar_chart.hpp"

namespace attn::cli {

/// Bars of the shares of the machine's limits, one a result; of a report that has stages alone, the shares of
/// their time.
BarChart bench_chart(const BenchReport& report, Theme theme);

}  // namespace attn::cli
