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
/// What some timings say.
Timing summarize(std::size_t warmup, std::vector<double> seconds);

}  // namespace attn::cli
