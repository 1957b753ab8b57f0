// What this machine can do at best, measured in the run that quotes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attn/kernels.hpp"
#include "cli/flags/arithmetic.hpp"

namespace attn::cli {

struct Peak {
  const KernelSet* kernels = nullptr;
  Arithmetic dtype = Arithmetic::f32;
  std::size_t threads = 1;
  double fma_gflops = 0;  ///< multiply-adds in registers, counted as two operations; GFLOP/s
  double read_gbps = 0;   ///< reads from memory past the last cache; GB = 1e9 bytes a second
};

/// With elements of type T, which is that of the arithmetic's tensors. Reads no more than `max_memory` bytes, but 2 MiB
/// a thread at least. Throws std::logic_error for the reference set, which has no vectors.
template <class T>
Peak measure_peak_of(const KernelSet& kernels, Arithmetic dtype, std::size_t threads, std::uint64_t max_memory);

/// Multiply-adds in registers for some hundredths of a second, on all threads.
template <class T>
class FmaBurst {
 public:
  FmaBurst(const TileKernels<T>& kernels, std::size_t threads);
  void run();
  /// The rate of a run that took so long.
  double gflops(double seconds) const;

 private:
  const TileKernels<T>& kernels_;
  std::size_t threads_, rounds_ = 0;
  std::vector<T> results_;
  std::vector<std::size_t> operations_;
};

/// Each limit of the better of two measurements of the same.
Peak best_of(Peak one, const Peak& other);

}  // namespace attn::cli
