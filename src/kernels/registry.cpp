// The TABLE of kernel sets, and the choice of one by name, environment and CPU.
#include <cstdlib>

#include "attn/error.hpp"
#include "attn/kernels.hpp"
#include "core/nearest.hpp"
#include "kernels/bf16_dot.hpp"
#include "kernels/simd.hpp"

namespace attn {
namespace {

struct Row {
  KernelSet set;
  std::optional<Instructions> needs;  // none: runs everywhere
};

const std::vector<Row>& table() {
  const auto simd = [](std::string_view name, std::string_view meaning, Instructions needs) {
    const TileKernels<float>* bf16 = simd_kernels_rounded(needs);
    if (needs == Instructions::avx512 && pairs_are_fast() && pair_kernels() != nullptr) bf16 = pair_kernels();
    return Row{{name, meaning, simd_kernels_f32(needs), simd_kernels_f64(needs), bf16}, needs};
  };
  static const std::vector<Row> rows{
      {{"reference", "plain loops with sums in double precision: the definition of right"}, std::nullopt},
      simd("sse4", "vectors of 4 floats", Instructions::sse4),
      simd("avx2", "vectors of 8 floats and fused multiply-add", Instructions::avx2),
      simd("avx512", "vectors of 16 floats", Instructions::avx512),
  };
  return rows;
}

std::vector<KernelSet> sets_of_table() {
  std::vector<KernelSet> sets;
  for (const Row& row : table()) sets.push_back(row.set);
  return sets;
}

}  // namespace

std::span<const KernelSet> kernel_sets() {
  static const std::vector<KernelSet> sets = sets_of_table();
  return sets;
}

bool supported(const KernelSet& set) {
  for (const Row& row : table())
    if (row.set.name == set.name)
      return !row.needs || (row.set.f32 != nullptr && row.set.f64 != nullptr && cpu_runs(*row.needs));
  return false;
}

std::vector<const KernelSet*> supported_kernel_sets() {
  std::vector<const KernelSet*> sets;
  for (const KernelSet& set : kernel_sets())
    if (supported(set)) sets.push_back(&set);
  return sets;
}

const KernelSet& choose_kernel_set(const std::optional<std::string>& name, const std::string& where) {
  const char* environment = name ? nullptr : std::getenv("ATTN_KERNEL");
  const std::string place = environment != nullptr ? "ATTN_KERNEL" : where;
  const std::string wanted = name ? *name : environment != nullptr ? environment : "auto";
  if (wanted == "auto") return *supported_kernel_sets().back();

  std::vector<std::string_view> names{"auto"};
  for (const KernelSet& set : kernel_sets()) {
    if (set.name == wanted) {
      if (supported(set)) return set;
      std::string here;
      for (const KernelSet* other : supported_kernel_sets())
        here += (here.empty() ? "" : ", ") + std::string(other->name);
      throw usage_error(place, "this CPU cannot run the kernel set '" + wanted + "'; it runs " + here);
    }
    names.push_back(set.name);
  }
  std::string all;
  for (const std::string_view known : names) all += (all.empty() ? "" : ", ") + std::string(known);
  throw usage_error(place, "unknown kernel set '" + wanted + "'; there are " + all + did_you_mean(wanted, names));
}

}  // namespace attn
