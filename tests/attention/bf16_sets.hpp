// Kernel sets of float attention whose operands are rounded to bfloat16, for tests that know nothing of bfloat16.
#pragma once

#include "attn/kernels.hpp"
#include "support/bf16_kernels.hpp"

namespace attn::test {

/// One set for each of the bf16 kernels that this CPU runs, with those in the place of its f32 and bf16 ones.
inline const std::vector<KernelSet>& bf16_sets() {
  static const std::vector<Bf16Kernels> kernels = bf16_kernels();
  static const std::vector<KernelSet> sets = [] {
    std::vector<KernelSet> all;
    for (const auto& [name, tiles, set] : kernels)
      all.push_back({.name = name, .f32 = tiles, .bf16_emulation = tiles, .pooling_f32 = set->pooling_f32});
    return all;
  }();
  return sets;
}

/// How far a mean of values near 1 may be off.
inline double rounding_of(const KernelSet& set) {
  return set.f32 != nullptr && set.f32 == set.bf16_emulation ? 0x1p-8 : 0;
}

}  // namespace attn::test
