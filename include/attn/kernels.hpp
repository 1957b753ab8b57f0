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
template <class T>
struct PoolingKernels;  // src/kernels/pooling.hpp

/// One implementation of the inner loops: all that there is to know of it.
struct KernelSet {
  std::string_view name;            ///< by which it is chosen
  std::string_view meaning;         ///< one line for --help
  bool (*cpu_runs_it)() = nullptr;  ///< null: every CPU does

  // Null for the set that evaluates the formula row by row in double precision.
  const TileKernels<float>* f32 = nullptr;
  const TileKernels<double>* f64 = nullptr;
  /// f32 whose operands are rounded to bfloat16 before they are multiplied.
  const TileKernels<float>* bf16_emulation = nullptr;
  /// The same by an instruction for it; null where the set or this CPU has none.
  const TileKernels<float>* bf16_dot = nullptr;
  bool prefers_bf16_dot = false;  ///< it is faster here than the emulation
  bool by_name_only = false;      ///< `auto` is never this set
  const PoolingKernels<float>* pooling_f32 = nullptr;
  const PoolingKernels<double>* pooling_f64 = nullptr;

  /// True if this CPU can run it.
  bool is_supported() const { return cpu_runs_it == nullptr || cpu_runs_it(); }
  /// The tile kernels of an element type; `bf16_operands` are of float.
  template <class T>
  const TileKernels<T>* tiles(bool bf16_operands = false) const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return !bf16_operands ? f32 : prefers_bf16_dot ? bf16_dot : bf16_emulation;
    } else {
      return f64;
    }
  }
  template <class T>
  const PoolingKernels<T>* pooling() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return pooling_f32;
    } else {
      return pooling_f64;
    }
  }
};

/// Every set this program was built with, slowest first.
std::span<const KernelSet> kernel_sets();
/// Every set that this CPU can run, slowest first.
std::vector<const KernelSet*> supported_kernel_sets();
/// The fastest of them that is not `by_name_only`: what `auto` is.
const KernelSet& fastest_kernel_set();
/// The set of plain loops in double precision, which runs everywhere.
const KernelSet& reference_kernel_set();
/// `auto` and the name of every set, in their order: what `choose_kernel_set` takes.
std::vector<std::string_view> kernel_set_names();

/// The set of a name; `auto` is fastest_kernel_set(). Without a name the environment's
/// ATTN_KERNEL counts, then `auto`. Throws Error (usage, at `where` or "ATTN_KERNEL") for a name that
/// does not exist or that this CPU lacks; nothing falls back silently.
const KernelSet& choose_kernel_set(const std::optional<std::string>& name, const std::string& where);

}  // namespace attn
