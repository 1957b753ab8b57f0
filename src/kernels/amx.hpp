// bf16 kernels of the tile unit of AMX (TDPBF16PS).
#pragma once

#include "kernels/tile.hpp"

namespace attn {

/// The kernels; null where the build lacks them, or this CPU the unit.
const TileKernels<float>* amx_kernels();

}  // namespace attn
