// One line of a benchmark: a shape, a kernel set, threads; checked against float64, then timed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/bench/peaks.hpp"
#include "cli/bench/timing.hpp"

namespace attn::cli {

enum class BenchMode {
  stream,       ///< output alone
  materialise,  ///< output and weights
};
std::string_view mode_name(BenchMode mode);

struct BenchCase {
  BenchMode mode = BenchMode::stream;
  std::size_t batch = 1, heads = 1, kv_heads = 1, queries = 0, keys = 0, dim = 0;
  bool causal = false;
  DType dtype = DType::f32;
  const KernelSet* kernels = nullptr;
  std::size_t threads = 1;

  /// 4·B·H·L·S·D, of the visible scores alone where causal.
  double flops() const;
  /// Bytes that must be read and written at least once.
  double bytes() const;
};

struct BenchResult {
  BenchCase config;
  enum class Status { ok, wrong, skipped } status = Status::ok;
  std::string reason;  ///< of what is not ok
  double max_error = 0, error_bound = 0;
  Timing timing;
  std::optional<Peak> peak;  ///< of the same kernels, type and threads; none for the reference
};

/// Runs the case once and compares sampled rows with the formula in float64; if they are within the error
/// contract, times it.
BenchResult run_case(const BenchCase& config, std::size_t warmup, std::size_t runs, std::uint64_t max_memory);

}  // namespace attn::cli
