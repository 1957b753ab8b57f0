// The tables of tile kernels that simd.cpp compiles, one for each instruction set; null where the build lacks it.
#pragma once

#include "kernels/tile.hpp"

namespace attn {

enum class Instructions { sse4, avx2, avx512 };

const TileKernels<float>* simd_kernels_f32(Instructions instructions);
/// The f32 kernels with operands rounded to bf16 before they are multiplied: bf16 where no instruction has it.
const TileKernels<float>* simd_kernels_rounded(Instructions instructions);
const TileKernels<double>* simd_kernels_f64(Instructions instructions);
/// True if this CPU, and its operating system, run these instructions.
bool cpu_runs(Instructions instructions);

}  // namespace attn
