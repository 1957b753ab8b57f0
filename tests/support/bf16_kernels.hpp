// The bf16 kernels that this CPU runs: those of each set, and those of the pair instruction where no set chose them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/bf16_dot.hpp"

namespace attn::test {

using NamedKernels = std::pair<std::string, const TileKernels<float>*>;

inline std::vector<NamedKernels> bf16_kernels() {
  std::vector<NamedKernels> kernels;
  for (const KernelSet* set : supported_kernel_sets())
    if (set->bf16 != nullptr && set->bf16 != pair_kernels()) kernels.emplace_back(set->name, set->bf16);
  if (pair_kernels() != nullptr) kernels.emplace_back("pairs", pair_kernels());
  return kernels;
}

}  // namespace attn::test
