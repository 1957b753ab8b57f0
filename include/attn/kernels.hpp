// Kernel sets: the implementations of the inner loops that this program carries, by name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attn {

template <class T>
struct TileKernels;  // src/kernels/tile.hpp

/// One implementation of the inner loops.
struct KernelSet {
  std::string_view name;     ///< reference, sse4, avx2, avx512
  std::string_view meaning;  ///< one line for --help
  /// The tile kernels; null for `reference`, which evaluates the formula row by row in double precision.
  const TileKernels<float>* f32 = nullptr;
  const TileKernels<double>* f64 = nullptr;
  /// f32 with operands rounded to bfloat16.
  const TileKernels<float>* bf16 = nullptr;

  /// f32, bf16 or f64, by element type.
  template <class T>
  const TileKernels<T>* tiles(bool bf16_operands = false) const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return bf16_operands ? bf16 : f32;
    } else {
      return f64;
    }
  }
};

/// Every set this program was built with, slowest first.
std::span<const KernelSet> kernel_sets();
/// True if this CPU can run it.
bool supported(const KernelSet& set);
/// Every set that this CPU can run, slowest first.
std::vector<const KernelSet*> supported_kernel_sets();

/// The set of a name; `auto` is the fastest that this CPU runs. Without a name the environment's
/// ATTN_KERNEL counts, then `auto`. Throws Error (usage, at `where` or "ATTN_KERNEL") for a name that
/// does not exist or that this CPU lacks; nothing falls back silently.
const KernelSet& choose_kernel_set(const std::optional<std::string>& name, const std::string& where);

}  // namespace attn
