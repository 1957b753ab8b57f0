// The TABLE of kernel sets, and the choice of one by name, environment and CPU.
#include <algorithm>
#include <cstdlib>

#include "attn/error.hpp"
#include "attn/kernels.hpp"
#include "core/nearest.hpp"
#include "core/text.hpp"
#include "kernels/amx.hpp"
#include "kernels/bf16_dot.hpp"
#include "kernels/cpu.hpp"
#include "kernels/processors.hpp"
#include "kernels/simd.hpp"

namespace attn {
namespace {

// A row of the table with the kernels of an instruction set.
KernelSet with_kernels(KernelSet set, Instructions instructions) {
  const SimdKernels kernels = simd_kernels(instructions);
  set.f32 = kernels.f32;
  set.f64 = kernels.f64;
  set.bf16_emulation = kernels.bf16_emulation;
  set.pooling_f32 = kernels.pooling_f32;
  set.pooling_f64 = kernels.pooling_f64;
  return set;
}

KernelSet with_bf16_dot(KernelSet set) {
  set.bf16_dot = bf16_dot_kernels();
  set.prefers_bf16_dot = set.bf16_dot != nullptr && bf16_dot_is_fast();
  return set;
}

// Of its own are the products of bfloat16; all else is avx512's.
KernelSet with_amx(KernelSet set) {
  set.bf16_dot = amx_kernels();
  set.prefers_bf16_dot = set.bf16_dot != nullptr;
  set.by_name_only = true;  // until it is measured on a CPU that has it
  return set;
}

}  // namespace

std::span<const KernelSet> kernel_sets() {
  using enum Instructions;
  static const std::vector<KernelSet> table{
      {"reference", "plain loops with sums in double precision: the definition of right"},
      with_kernels({"neon", "vectors of 4 floats and fused multiply-add", cpu_runs_neon}, neon),
      with_kernels({"sse4", "vectors of 4 floats", cpu_runs_sse4}, sse4),
      with_kernels({"avx2", "vectors of 8 floats and fused multiply-add", cpu_runs_avx2}, avx2),
      with_bf16_dot(with_kernels({"avx512", "vectors of 16 floats", cpu_runs_avx512}, avx512)),
      with_amx(with_kernels({"amx", "avx512, and for bf16 the tile unit of AMX", cpu_runs_amx}, avx512)),
  };
  return table;
}

std::string_view processors_of(const KernelSet& set) {
  if (&set == &reference_kernel_set()) return "";
  return set.name == "neon" ? "ARM" : "x86";
}

std::vector<const KernelSet*> supported_kernel_sets() {
  std::vector<const KernelSet*> sets;
  for (const KernelSet& set : kernel_sets())
    if (set.is_supported()) sets.push_back(&set);
  return sets;
}

const KernelSet& reference_kernel_set() { return kernel_sets().front(); }

const KernelSet& fastest_kernel_set() {
  const std::vector<const KernelSet*> sets = supported_kernel_sets();
  return **std::find_if(sets.rbegin(), sets.rend(), [](const KernelSet* set) { return !set->by_name_only; });
}

std::vector<std::string_view> kernel_set_names() {
  std::vector<std::string_view> names{"auto"};
  for (const KernelSet& set : kernel_sets()) names.push_back(set.name);
  return names;
}

const KernelSet& choose_kernel_set(const std::optional<std::string>& name, const std::string& where) {
  const char* environment = name ? nullptr : std::getenv("ATTN_KERNEL");
  if (environment != nullptr && *environment == '\0') environment = nullptr;
  const std::string place = environment != nullptr ? "ATTN_KERNEL" : where;
  const std::string wanted = name ? *name : environment != nullptr ? environment : "auto";
  if (wanted == "auto") return fastest_kernel_set();

  for (const KernelSet& set : kernel_sets()) {
    if (set.name != wanted) continue;
    if (set.is_supported()) return set;
    const bool is_foreign = set.f32 == nullptr;  // the build lacks its instructions
    throw usage_error(place, "this CPU cannot run the kernel set '" + wanted + "'" +
                                 (is_foreign ? ", which is for " + std::string(processors_of(set)) : "") +
                                 "; it runs " + joined(supported_kernel_sets(), &KernelSet::name));
  }
  const std::vector<std::string_view> names = kernel_set_names();
  throw usage_error(place,
                    "unknown kernel set '" + wanted + "'; there are " + joined(names) + did_you_mean(wanted, names));
}

}  // namespace attn
