// One line of a benchmark: what is computed, on which shape, with which kernels, and how much work that is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/bench/peaks.hpp"
#include "cli/bench/timing.hpp"

namespace attn::cli {

enum class BenchMode { stream, materialise, decode, projection, packed_projection };

/// One row of the table of modes.
struct BenchModeInfo {
  BenchMode mode;
  std::string_view name;
  std::string_view meaning;
  bool attends = true;          ///< has keys and key/value heads
  bool causal = true;           ///< a causal mask changes something
  bool bound_by_reads = false;  ///< reading memory is its limit, not the multiply-adds
};
std::span<const BenchModeInfo> bench_modes();
const BenchModeInfo& info_of(BenchMode mode);

struct BenchCase {
  BenchMode mode = BenchMode::stream;
  /// A projection has batch × queries rows of heads × dim columns, in and out, and no keys.
  std::size_t batch = 1, heads = 1, kv_heads = 1, queries = 0, keys = 0, dim = 0;
  bool causal = false;
  Arithmetic dtype = Arithmetic::f32;
  const KernelSet* kernels = nullptr;
  std::size_t threads = 1;

  bool operator==(const BenchCase&) const = default;

  /// Queries are the last of the keys, as with a cache.
  std::size_t offset() const { return keys > queries ? keys - queries : 0; }
  /// Floating-point operations of the matrix products: 4·B·H·L·S·D, of the visible scores alone where causal;
  /// 2·(B·L)·(H·D)² for a projection.
  double flops() const;
  /// Bytes that must be read and written at least once: inputs, output, and weights where they are wanted.
  double bytes() const;
  /// "1,12,1024,1024,64" with key/value heads in parentheses where they are fewer: "1,32(8),1,16384,128";
  /// "1024,768,768" for a projection.
  std::string shape_text() const;
  /// "stream 1,12,1024,1024,64 causal".
  std::string label() const;
};

struct BenchResult {
  BenchCase config;
  enum class Status { ok, wrong, skipped } status = Status::ok;
  std::string reason;  ///< of what is not ok
  double max_error = 0, rms_error = 0, error_bound = 0;
  Timing timing;
  std::optional<Peak> peak;                 ///< of the same kernels, type and threads; none for the reference
  std::optional<double> fma_gflops;         ///< of multiply-adds in registers among the runs: median
  std::optional<std::uint64_t> peak_bytes;  ///< resident memory of this process at most, while the case was run
};

/// The machine's limits for a case: those of its kernels, type and threads. Reads no more than `max_memory` bytes.
Peak measure_peak(const BenchCase& config, std::uint64_t max_memory);

/// Runs the case once and compares sampled rows with the formula in float64; if they are within the error
/// contract, times it. A case that needs more than `max_memory` bytes (0: no limit) is skipped.
BenchResult run_case(const BenchCase& config, std::size_t warmup, std::size_t runs, std::uint64_t max_memory);

}  // namespace attn::cli
