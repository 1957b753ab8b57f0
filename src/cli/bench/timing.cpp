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
  timing.outliers = static_cast<std::size_t>(
      std::count_if(sorted.begin(), sorted.end(), [&](double s) { return s < low - fence || s > high + fence; }));
  return timing;
}

Timing time_runs(std::size_t warmup, std::size_t runs, const std::function<void()>& work) {
  for (std::size_t i = 0; i < warmup; ++i) work();
  std::vector<double> seconds;
  for (std::size_t i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return summarize(warmup, std::move(seconds));
}

}  // namespace attn::cli
