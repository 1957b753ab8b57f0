// Modes, the counts of work, and the run of a case.
#include "cli/bench/case.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "cli/bench/check.hpp"
#include "cli/bench/workload.hpp"
#include "core/memory.hpp"
#include "core/peak_memory.hpp"

namespace attn::cli {
namespace {

constexpr BenchModeInfo modes[] = {
    {BenchMode::stream, "stream", "output alone"},
    {BenchMode::materialise, "materialise", "output and weights"},
    {BenchMode::decode, "decode", "one query against all keys", true, false, true},
    {BenchMode::projection, "projection", "x·W of all tokens with a square W", false, false},
    {BenchMode::packed_projection, "packed-projection", "the same with W packed before", false, false},
};

template <class T>
void check_and_time(BenchResult& result, std::size_t warmup, std::size_t runs) {
  const std::unique_ptr<Workload<T>> workload = make_workload<T>(result.config);
  workload->run();
  check(*workload, result);
  if (result.status != BenchResult::Status::ok) return;
  const BenchCase& config = result.config;
  const TileKernels<T>* kernels = config.kernels->template tiles<T>(config.dtype == Arithmetic::bf16);
  if (kernels == nullptr) {
    result.timing = time_runs(warmup, runs, [&] { workload->run(); });
    return;
  }
  FmaBurst<T> burst(*kernels, config.threads);
  BesideTiming timing = time_beside(
      warmup, runs, [&] { workload->run(); }, [&] { burst.run(); });
  result.timing = std::move(timing.work);
  result.fma_gflops = burst.gflops(timing.yardstick.median);
}

// How an arithmetic's tensors are run: one row. What its results may be off by is in check.cpp.
struct Type {
  DType dtype;
  void (*run)(BenchResult& result, std::size_t warmup, std::size_t runs);
  Peak (*measure_peak)(const KernelSet& kernels, Arithmetic dtype, std::size_t threads, std::uint64_t max_memory);
};
constexpr Type types[] = {
    {DType::f32, check_and_time<float>, measure_peak_of<float>},
    {DType::f64, check_and_time<double>, measure_peak_of<double>},
};

const Type& type_of(Arithmetic arithmetic) {
  const DType dtype = tensor_dtype(arithmetic);
  return *std::find_if(std::begin(types), std::end(types), [&](const Type& type) { return type.dtype == dtype; });
}

// Of weights that are packed before.
double packed_bytes(const BenchCase& config) {
  if (config.mode != BenchMode::packed_projection) return 0;
  const double width = static_cast<double>(config.heads * config.dim);
  return static_cast<double>(dtype_size(tensor_dtype(config.dtype))) * width * width;
}

}  // namespace

std::span<const BenchModeInfo> bench_modes() { return modes; }

const BenchModeInfo& info_of(BenchMode mode) {
  return *std::find_if(std::begin(modes), std::end(modes),
                       [&](const BenchModeInfo& info) { return info.mode == mode; });
}

double BenchCase::flops() const {
  const double width = static_cast<double>(heads * dim);
  if (!info_of(mode).attends) return 2 * static_cast<double>(batch * queries) * width * width;
  const double keys_d = static_cast<double>(keys), first = static_cast<double>(offset()) + 1;
  double visible = static_cast<double>(queries) * keys_d;
  // The exact number of key ≤ query + offset, for queries that have fewer than all keys.
  if (causal) {
    visible = 0;
    for (std::size_t i = 0; i < queries; ++i) visible += std::min(keys_d, static_cast<double>(i) + first);
  }
  return 4 * static_cast<double>(batch) * width * visible;
}

double BenchCase::bytes() const {
  const double element = static_cast<double>(dtype_size(tensor_dtype(dtype))), width = static_cast<double>(heads * dim);
  const double rows = static_cast<double>(batch * queries);
  if (!info_of(mode).attends) return element * (2 * rows * width + width * width);
  const double kv_rows = static_cast<double>(batch) * static_cast<double>(kv_heads * keys);
  const double matrix =
      mode == BenchMode::materialise ? rows * static_cast<double>(heads) * static_cast<double>(keys) : 0;
  const double stored = dtype == Arithmetic::f16 ? sizeof(std::uint16_t) : element;  // of keys and values
  return element * (2 * rows * width + matrix) + stored * 2 * kv_rows * static_cast<double>(dim);
}

std::string BenchCase::shape_text() const {
  const auto text = [](std::size_t n) { return std::to_string(n); };
  const std::string width = text(heads * dim);
  if (!info_of(mode).attends) return text(batch * queries) + "," + width + "," + width;
  const std::string groups = kv_heads == heads ? "" : "(" + text(kv_heads) + ")";
  return text(batch) + "," + text(heads) + groups + "," + text(queries) + "," + text(keys) + "," + text(dim);
}

std::string BenchCase::label() const {
  return std::string(info_of(mode).name) + " " + shape_text() + (causal ? " causal" : "");
}

Peak measure_peak(const BenchCase& config, std::uint64_t max_memory) {
  return type_of(config.dtype).measure_peak(*config.kernels, config.dtype, config.threads, max_memory);
}

BenchResult run_case(const BenchCase& config, std::size_t warmup, std::size_t runs, std::uint64_t max_memory) {
  BenchResult result;
  result.config = config;
  // The packed keys are as large as the keys, and packed values, of bf16, as the values; of f16 they are there as
  // float32 as well, for the formula.
  const double needed = config.bytes() * (config.dtype == Arithmetic::f16 ? 4 : 1.5) + packed_bytes(config);
  if (max_memory != 0 && needed > static_cast<double>(max_memory)) {
    result.status = BenchResult::Status::skipped;
    result.reason = "needs " + size_text(static_cast<std::uint64_t>(needed)) + " of memory";
    return result;
  }
  const bool measured = reset_peak_memory();
  type_of(config.dtype).run(result, warmup, runs);
  if (measured) result.peak_bytes = peak_memory();
  return result;
}

}  // namespace attn::cli
