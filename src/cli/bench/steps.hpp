// The steps of a benchmark, each with a name for the progress bar.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/bench/report.hpp"
#include "cli/bench/rest_of_run.hpp"

namespace attn::cli {

struct BenchStep {
  std::string name;
  std::function<void(BenchReport&)> run;  ///< adds what it measures
};

/// The cases in their order, each after the machine's limits where they are not known yet; then the limits once
/// more, for the better of both. Nothing for no case.
std::vector<BenchStep> case_steps(const std::vector<BenchCase>& cases, std::size_t warmup, std::size_t runs,
                                  std::uint64_t max_memory);
BenchStep stage_step(StageGroup group);

}  // namespace attn::cli
