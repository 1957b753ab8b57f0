// The tables of suites and their rows.
#include "cli/bench/suite.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "cli/flags/values.hpp"
#include "core/parallel.hpp"

namespace attn::cli {
namespace {

using enum BenchMode;

constexpr SuiteRow standard_rows[] = {
    {stream, 1, 12, 12, 1024, 1024, 64},
    {stream, 1, 12, 12, 1024, 1024, 64, true},
    {stream, 1, 12, 12, 4096, 4096, 64},
    {stream, 1, 12, 12, 4096, 4096, 64, true},
    {stream, 1, 32, 8, 2048, 2048, 128},
    {stream, 1, 32, 8, 2048, 2048, 128, true},
    {stream, 8, 12, 12, 1024, 1024, 64},
    {materialise, 1, 12, 12, 1024, 1024, 64},
    {decode, 1, 32, 8, 1, 16384, 128},
    {projection, 1, 12, 12, 1024, 1024, 64},
    {packed_projection, 1, 12, 12, 1024, 1024, 64},
    {stream, 1, 12, 12, 4096, 4096, 64, false, true},
};

// The same, so small that all of it takes seconds.
constexpr SuiteRow quick_rows[] = {
    {stream, 1, 2, 2, 128, 128, 32},
    {stream, 1, 2, 2, 128, 128, 32, true},
    {stream, 1, 4, 2, 128, 128, 64},
    {stream, 1, 4, 2, 128, 128, 64, true},
    {stream, 4, 2, 2, 64, 64, 32},
    {materialise, 1, 2, 2, 128, 128, 32},
    {decode, 1, 4, 2, 1, 512, 64},
    {projection, 1, 2, 2, 128, 128, 32},
    {packed_projection, 1, 2, 2, 128, 128, 32},
    {stream, 1, 2, 2, 128, 128, 32, false, true},
};

constexpr SuiteRow scaling_rows[] = {
    {stream, 1, 1, 1, 1024, 1024, 64}, {stream, 1, 1, 1, 2048, 2048, 64},   {stream, 1, 1, 1, 4096, 4096, 64},
    {stream, 1, 1, 1, 8192, 8192, 64}, {stream, 1, 1, 1, 16384, 16384, 64},
};

constexpr RestOfRun standard_rest = {
    .document_rows = 4096,
    .document_columns = 768,
    .heads = 12,
    .queries = 4096,
    .dim = 64,
    .picture = 4096,
    .longest = 65536,
};
constexpr RestOfRun quick_rest = {
    .document_rows = 64,
    .document_columns = 24,
    .heads = 2,
    .queries = 128,
    .dim = 32,
    .picture = 64,
    .longest = 1024,
};

constexpr Suite table[] = {
    {"standard", "prefill, decode and projection at common sizes, and the rest of a run", standard_rows, false,
     &standard_rest},
    {"scaling", "1024 to 16384 queries and keys, and 1 thread to all cores", scaling_rows, true},
    {"quick", "the standard suite at small sizes, which shows in seconds that all of it works", quick_rows, false,
     &quick_rest},
};

std::vector<std::size_t> thread_counts(bool each) {
  const std::size_t all = available_cores();
  std::vector<std::size_t> counts;
  for (std::size_t n = 1; each && n < all; n *= 2) counts.push_back(n);
  counts.push_back(all);
  return counts;
}

// The sets that a row is timed with, fastest first: the best, or others than the fastest.
std::vector<const KernelSet*> sets_of(const SuiteRow& row, const KernelSet* best) {
  if (!row.slower_sets) return {best};
  std::vector<const KernelSet*> sets;
  for (const KernelSet* set : supported_kernel_sets()) {
    if (set == &fastest_kernel_set()) break;
    if (set != best && set->tiles<float>() != nullptr) sets.insert(sets.begin(), set);
  }
  return sets;
}

}  // namespace

std::span<const Suite> suites() { return table; }

const Suite& suite_of(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Suite& suite : table) names.push_back(suite.name);
  return table[parse_choice(name, "--suite", names)];
}

std::vector<BenchCase> cases_of(const Suite& suite, const SuiteChoice& choice) {
  const std::vector<std::size_t> threads =
      choice.threads.empty() ? thread_counts(suite.each_thread_count) : choice.threads;
  std::vector<BenchCase> cases;
  for (const Arithmetic dtype : choice.dtypes)
    for (const std::size_t count : threads)
      for (const SuiteRow& row : suite.rows)
        for (const KernelSet* set : sets_of(row, choice.best))
          cases.push_back({row.mode, row.batch, row.heads, row.kv_heads, row.queries, row.keys, row.dim, row.causal,
                           dtype, set, count});
  return cases;
}

}  // namespace attn::cli
