// The layers under the normal curve that NumPy's ziggurat draws from.
#pragma once

#include <array>

namespace attn {

/// Where layer k ends to the right: x[255] is where the tail begins, and x[0] is the width of a rectangle as high as
/// the lowest layer that has its area, the tail included.
extern const std::array<double, 256> ziggurat_edge;
/// exp(−x[k]²/2), and 1 for k = 0.
extern const std::array<double, 256> ziggurat_height;

}  // namespace attn
