// The best of several short bursts: a peak is what the machine can do, not what it does on average.
#include "cli/bench/peaks.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

#include "cli/bench/timing.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "kernels/tile.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t bursts = 15;

// Past any last-level cache's share; less where so many threads would need more than half of the memory.
std::size_t read_bytes_a_thread(std::size_t threads) {
  constexpr std::uint64_t wanted = std::uint64_t{128} << 20, least = std::uint64_t{1} << 20;
  return static_cast<std::size_t>(std::clamp(available_memory() / 2 / threads, least, wanted));
}

template <class T>
Peak measure(const KernelSet& set, std::size_t threads) {
  const TileKernels<T>& kernels = *set.tiles<T>();
  Peak peak{.kernels = &set, .dtype = dtype_of<T>, .threads = threads};
  std::vector<T> results(threads * 64, T(1));
  std::vector<std::size_t> operations(threads * 64);
  constexpr std::size_t rounds = 20000;
  const Timing fma = time_runs(2, bursts, [&] {
    parallel_for(threads, threads, [&](std::size_t task, std::size_t) {
      results[task * 64] = T(1);
      operations[task * 64] = kernels.multiply_add_rounds(rounds, &results[task * 64]);
    });
  });
  peak.fma_gflops = static_cast<double>(threads * rounds * operations[0]) / fma.min / 1e9;

  const std::size_t elements = read_bytes_a_thread(threads) / sizeof(T);
  Tensor memory = Tensor::zeros(dtype_of<T>, {threads * elements});
  const T* values = memory.template values<T>().data();
  const Timing read = time_runs(1, 5, [&] {
    parallel_for(threads, threads, [&](std::size_t task, std::size_t) {
      results[task * 64] = kernels.sum(values + task * elements, elements);
    });
  });
  peak.read_gbps = static_cast<double>(memory.bytes()) / read.min / 1e9;
  return peak;
}

}  // namespace

Peak measure_peak(const KernelSet& kernels, DType dtype, std::size_t threads) {
  return dtype == DType::f64 ? measure<double>(kernels, threads) : measure<float>(kernels, threads);
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace attn::cli
