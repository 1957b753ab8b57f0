// The tables of kernels that simd.cpp compiles, for each instruction set.
#pragma once

#include "kernels/pooling.hpp"
#include "kernels/tile.hpp"

namespace attn {

enum class Instructions { sse4, avx2, avx512, neon };

/// The kernels of one instruction set by element type. They are null where the build lacks them, but may be there on a
/// CPU that cannot run them.
struct SimdKernels {
  const TileKernels<float>* f32 = nullptr;
  const TileKernels<double>* f64 = nullptr;
  /// The f32 kernels with operands rounded to bfloat16 before they are multiplied.
  const TileKernels<float>* bf16_emulation = nullptr;
  const PoolingKernels<float>* pooling_f32 = nullptr;
  const PoolingKernels<double>* pooling_f64 = nullptr;
};
SimdKernels simd_kernels(Instructions instructions);

}  // namespace attn
