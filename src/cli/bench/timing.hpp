// Repeated timings and what they say: median, spread, outliers.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace attn::cli {

struct Timing {
  std::size_t warmup = 0;
  std::vector<double> seconds;  ///< of each counted run, in order
  double min = 0, median = 0, mean = 0, stddev = 0, max = 0;
  std::vector<std::size_t> outliers;  ///< runs past 1.5 interquartile ranges from the middle half (Tukey's fences)
};

/// Runs `work` warmup + runs times and times the last `runs`.
Timing time_runs(std::size_t warmup, std::size_t runs, const std::function<void()>& work);
/// The same for several works, of which each run has one after the other: what the machine does meanwhile
/// hits all of them.
std::vector<Timing> time_in_turn(std::size_t warmup, std::size_t runs, const std::vector<std::function<void()>>& works);
/// Runs of `work`, and of `yardstick` before, after, and between them whenever they have taken a tenth of a second:
/// what the machine's clock does in longer times hits both, and short runs follow each other as in `time_runs`.
struct BesideTiming {
  Timing work, yardstick;
};
BesideTiming time_beside(std::size_t warmup, std::size_t runs, const std::function<void()>& work,
                         const std::function<void()>& yardstick);
/// What some timings say.
Timing summarize(std::size_t warmup, std::vector<double> seconds);

}  // namespace attn::cli
