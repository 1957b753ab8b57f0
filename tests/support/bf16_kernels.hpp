// The bf16 kernels that this CPU runs: those of each set that emulate, those of an instruction for it, and those of the
// tile unit of AMX on an emulated one.
#pragma once

#include <string>
#include <vector>

#include "amx/emulated.hpp"
#include "attn/kernels.hpp"

namespace attn::test {

struct Bf16Kernels {
  std::string name;
  const TileKernels<float>* tiles;
  const KernelSet* set;
};

inline std::vector<Bf16Kernels> bf16_kernels() {
  std::vector<Bf16Kernels> kernels;
  for (const KernelSet* set : supported_kernel_sets()) {
    if (set->bf16_emulation != nullptr) kernels.push_back({std::string(set->name), set->bf16_emulation, set});
    if (set->bf16_dot != nullptr) kernels.push_back({std::string(set->name) + " dot product", set->bf16_dot, set});
    if (set->name == "avx512" && emulated_amx_kernels() != nullptr)
      kernels.push_back({"emulated amx", emulated_amx_kernels(), set});
  }
  return kernels;
}

}  // namespace attn::test
