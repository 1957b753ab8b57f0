// The best of several bursts: a peak is what the machine can do, not what it does on average.
#include "cli/bench/peaks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <vector>

#include "cli/bench/timing.hpp"
#include "core/caches.hpp"
#include "core/huge_pages.hpp"
#include "core/memory.hpp"
#include "core/parallel.hpp"
#include "kernels/tile.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t bursts = 10, passes = 6;

// Threads are started within what is timed, which takes some 50 µs each: so long a burst, in seconds, hides it.
double burst_seconds(std::size_t threads) { return 0.02 + 0.002 * static_cast<double>(threads); }

// How many rounds of `work`, which does its work so many times over, make a burst: at least `rounds`.
template <class Work>
std::size_t rounds_of_burst(std::size_t threads, std::size_t rounds, const Work& work) {
  const double wanted = burst_seconds(threads);
  for (double seconds = time_runs(1, 1, [&] { work(rounds); }).min; seconds < wanted;
       seconds = time_runs(
                     0, 1, [&] { work(rounds); })
                     .min)
    rounds *= static_cast<std::size_t>(std::clamp(std::ceil(wanted / std::max(seconds, 1e-9)), 2.0, 1000.0));
  return rounds;
}

// Bytes to read: so many times the last caches that they keep little from one pass to the next, as far as half of the
// memory goes, or the limit.
std::size_t bytes_to_read(std::uint64_t max_memory) {
  constexpr std::uint64_t least = std::uint64_t{256} << 20, times = 3;
  return static_cast<std::size_t>(
      std::min({max_memory, available_memory() / 2, std::max(least, times * last_level_caches())}));
}

template <class T>
double read_gbps(const TileKernels<T>& kernels, std::size_t threads, std::uint64_t max_memory) {
  constexpr std::size_t stride = 64;
  std::vector<T> results(threads * stride);
  const std::size_t share = bytes_to_read(max_memory) / threads / huge_page * huge_page;
  const std::size_t elements = std::max(huge_page, share) / sizeof(T);
  const std::size_t bytes = threads * elements * sizeof(T);
  const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(huge_page, bytes), std::free);
  if (memory == nullptr) throw std::bad_alloc();
  // What the address translation costs is no matter of the memory.
  prefer_huge_pages(memory.get(), bytes);
  T* values = static_cast<T*>(memory.get());
  // Written first: pages that were only ever read are all one page of zeros, and stay in the first cache.
  parallel_for(threads, threads,
               [&](std::size_t task, std::size_t) { std::fill_n(values + task * elements, elements, T(1)); });
  const auto read = [&](std::size_t rounds) {
    parallel_for(threads, threads, [&](std::size_t task, std::size_t) {
      for (std::size_t round = 0; round < rounds; ++round)
        results[task * stride] = kernels.sum(values + task * elements, elements);
    });
  };
  const std::size_t rounds = rounds_of_burst(threads, 1, read);
  const double seconds = time_runs(0, passes, [&] { read(rounds); }).min;
  return static_cast<double>(bytes * rounds) / seconds / 1e9;
}

constexpr std::size_t result_stride = 64;  // elements between threads' results: no cache line is shared

}  // namespace

template <class T>
FmaBurst<T>::FmaBurst(const TileKernels<T>& kernels, std::size_t threads)
    : kernels_(kernels), threads_(threads), results_(threads * result_stride), operations_(threads * result_stride) {
  rounds_ = rounds_of_burst(threads, 1000, [&](std::size_t rounds) {
    rounds_ = rounds;
    run();
  });
}

template <class T>
void FmaBurst<T>::run() {
  parallel_for(threads_, threads_, [&](std::size_t task, std::size_t) {
    T& result = results_[task * result_stride];
    result = T(1);
    operations_[task * result_stride] = kernels_.multiply_add_rounds(rounds_, &result);
  });
}

template <class T>
double FmaBurst<T>::gflops(double seconds) const {
  return static_cast<double>(threads_ * rounds_ * operations_[0]) / seconds / 1e9;
}

template class FmaBurst<float>;
template class FmaBurst<double>;

template <class T>
Peak measure_peak_of(const KernelSet& kernels, Arithmetic dtype, std::size_t threads, std::uint64_t max_memory) {
  const TileKernels<T>* const tiles = kernels.tiles<T>(dtype == Arithmetic::bf16);
  if (tiles == nullptr) throw std::logic_error("measure_peak_of: the set has no vectors");
  FmaBurst<T> burst(*tiles, threads);
  const double fma_gflops = burst.gflops(time_runs(0, bursts, [&] { burst.run(); }).min);
  return {&kernels, dtype, threads, fma_gflops, read_gbps(*tiles, threads, max_memory)};
}

template Peak measure_peak_of<float>(const KernelSet&, Arithmetic, std::size_t, std::uint64_t);
template Peak measure_peak_of<double>(const KernelSet&, Arithmetic, std::size_t, std::uint64_t);

Peak best_of(Peak one, const Peak& other) {
  one.fma_gflops = std::max(one.fma_gflops, other.fma_gflops);
  one.read_gbps = std::max(one.read_gbps, other.read_gbps);
  return one;
}

}  // namespace attn::cli
