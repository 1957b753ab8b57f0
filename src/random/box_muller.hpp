// Box–Muller: uniforms to normals sixteen at a time, to the bit as PyTorch does it.
#pragma once

#include <cstddef>

namespace attn {

/// Turns `blocks` × 16 uniforms in [0,1) into as many normals with the given mean and standard deviation, in place.
/// With d the sixteen of a block and j = 0 … 7: r = √(−2·ln(1 − d[j])), θ = 2π·d[j+8], d[j] = r·cosθ,
/// d[j+8] = r·sinθ, all in float32. These are the operations of PyTorch's AVX2 path (normal_fill_16_AVX2, with the
/// Cephes polynomials and fused multiply-adds), so that the bits are the same on every machine; its error against
/// exact arithmetic is within 2e-6. PyTorch's scalar path (CPUs without AVX2) differs from it by as much.
void box_muller(float* data, std::size_t blocks, float mean, float deviation);

/// The same, to the bit, on any CPU; what `box_muller` falls back to.
void box_muller_portable(float* data, std::size_t blocks, float mean, float deviation);

}  // namespace attn
