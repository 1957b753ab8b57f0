// Cases and limits in turn.
#include "cli/bench/steps.hpp"

#include <algorithm>

namespace attn::cli {
namespace {

std::optional<Peak> find_peak(const BenchReport& report, const BenchCase& config) {
  for (const Peak& peak : report.peaks)
    if (peak.kernels == config.kernels && peak.dtype == config.dtype && peak.threads == config.threads) return peak;
  return std::nullopt;
}

bool has_vectors(const BenchCase& config) { return config.kernels->tiles<float>() != nullptr; }

}  // namespace

std::vector<BenchStep> case_steps(const std::vector<BenchCase>& cases, std::size_t warmup, std::size_t runs,
                                  std::uint64_t max_memory) {
  std::vector<BenchStep> steps;
  for (const BenchCase& config : cases)
    steps.push_back({config.label() + " " + std::string(config.kernels->name), [=](BenchReport& report) {
                       // The limits first: they also wake the machine up.
                       if (has_vectors(config) && !find_peak(report, config))
                         report.peaks.push_back(measure_peak(config, max_memory));
                       report.results.push_back(run_case(config, warmup, runs, max_memory));
                     }});
  // A machine that was idle may take a second to give all that it has.
  if (std::any_of(cases.begin(), cases.end(), has_vectors))
    steps.push_back({"limits of the machine", [=](BenchReport& report) {
                       for (Peak& peak : report.peaks)
                         peak = best_of(
                             peak, measure_peak({.dtype = peak.dtype, .kernels = peak.kernels, .threads = peak.threads},
                                                max_memory));
                       for (BenchResult& result : report.results) result.peak = find_peak(report, result.config);
                     }});
  return steps;
}

BenchStep stage_step(StageGroup group) {
  return {group.name, [measure = std::move(group.measure)](BenchReport& report) {
            for (StageResult& stage : measure()) report.stages.push_back(std::move(stage));
          }};
}

}  // namespace attn::cli
