// Suites: named lists of cases.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "cli/bench/case.hpp"
#include "cli/bench/rest_of_run.hpp"

namespace attn::cli {

/// A case of a suite: a shape, for the best kernel set or for the others.
struct SuiteRow {
  BenchMode mode = BenchMode::stream;
  std::size_t batch = 1, heads = 1, kv_heads = 1, queries = 0, keys = 0, dim = 0;
  bool causal = false;
  bool slower_sets = false;  ///< a case for each set but the fastest there is, and those without vectors
};

/// One row of the table of suites.
struct Suite {
  std::string_view name;
  std::string_view meaning;
  std::span<const SuiteRow> rows;
  bool each_thread_count = false;          ///< by default with 1, 2, 4, … threads up to all cores
  const RestOfRun* rest_of_run = nullptr;  ///< what is timed besides the cases; null for nothing
};
std::span<const Suite> suites();
/// Throws Error (usage, at "--suite") with the names.
const Suite& suite_of(std::string_view name);

/// What a suite leaves open.
struct SuiteChoice {
  const KernelSet* best = nullptr;
  std::vector<std::size_t> threads;  ///< empty: as the suite has it
  std::vector<Arithmetic> dtypes;
};
/// The suite's cases; those with kernel sets that this CPU lacks, or that `best` is, are left out.
std::vector<BenchCase> cases_of(const Suite& suite, const SuiteChoice& choice);

}  // namespace attn::cli
