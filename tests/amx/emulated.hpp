// The kernels of AMX where there is no AMX: on a tile unit that is emulated.
#pragma once

#include "kernels/tile.hpp"

namespace attn::test {

/// The kernels of src/kernels/amx.cpp with every instruction of tiles done as Intel's manual documents it; null where
/// this CPU lacks AVX512_BF16, which they need besides.
///
/// What the manual calls a fault ends the program with a message: a setup that is not valid, tiles whose sizes do not
/// fit, and also what is only a mistake: a tile that is used before it is set up, or not released.
const TileKernels<float>* emulated_amx_kernels();

/// Instructions of tiles that this thread has done so far, by which tests see that they were used.
std::size_t emulated_amx_instructions();

}  // namespace attn::test
