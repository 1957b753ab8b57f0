// Wall time by the steady clock, and order statistics.
#include "cli/bench/timing.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace attn::cli {
namespace {

// The quantile of sorted values, between neighbours in proportion.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const std::size_t below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Timing summarize(std::size_t warmup, std::vector<double> seconds) {
  Timing timing;
  timing.warmup = warmup;
  timing.seconds = std::move(seconds);
  if (timing.seconds.empty()) return timing;
  std::vector<double> sorted = timing.seconds;
  std::sort(sorted.begin(), sorted.end());
  const double count = static_cast<double>(sorted.size());
  timing.min = sorted.front();
  timing.max = sorted.back();
  timing.median = quantile(sorted, 0.5);
  timing.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / count;
  double squares = 0;
  for (const double s : sorted) squares += (s - timing.mean) * (s - timing.mean);
  timing.stddev = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
  const double low = quantile(sorted, 0.25), high = quantile(sorted, 0.75), fence = 1.5 * (high - low);
  for (std::size_t run = 0; run < timing.seconds.size(); ++run)
    if (timing.seconds[run] < low - fence || timing.seconds[run] > high + fence) timing.outliers.push_back(run);
  return timing;
}

Timing time_runs(std::size_t warmup, std::size_t runs, const std::function<void()>& work) {
  return std::move(time_in_turn(warmup, runs, {work}).front());
}

std::vector<Timing> time_in_turn(std::size_t warmup, std::size_t runs,
                                 const std::vector<std::function<void()>>& works) {
  std::vector<std::vector<double>> seconds(works.size());
  for (std::size_t run = 0; run < warmup + runs; ++run) {
    for (std::size_t i = 0; i < works.size(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      works[i]();
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      if (run >= warmup) seconds[i].push_back(passed.count());
    }
  }
  std::vector<Timing> timings;
  for (std::vector<double>& some : seconds) timings.push_back(summarize(warmup, std::move(some)));
  return timings;
}

BesideTiming time_beside(std::size_t warmup, std::size_t runs, const std::function<void()>& work,
                         const std::function<void()>& yardstick) {
  constexpr double longest = 0.1;  // seconds without a look at the yardstick
  std::vector<double> of_work, of_yardstick;
  const auto timed = [](const std::function<void()>& what) { return time_runs(0, 1, what).min; };
  of_yardstick.push_back(timed(yardstick));
  for (std::size_t run = 0; run < warmup; ++run) work();
  double since = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    of_work.push_back(timed(work));
    since += of_work.back();
    if (since < longest && run + 1 < runs) continue;
    of_yardstick.push_back(timed(yardstick));
    since = 0;
  }
  return {summarize(warmup, std::move(of_work)), summarize(0, std::move(of_yardstick))};
}

}  // namespace attn::cli
