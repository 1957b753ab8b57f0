// The functions between the two products of a model's blocks, without a word of SIMD.
#pragma once

#include <cstdint>

namespace attn {

enum class Activation : std::uint8_t {
  gelu,        ///< x·Φ(x), by the error function (arXiv:1606.08415)
  gelu_tanh,   ///< 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  gelu_quick,  ///< x·σ(1.702·x)
  relu,
  relu_squared,
  silu,  ///< x·σ(x)
};

// √(2/π) and the factor of the cube in gelu_tanh; the factor of gelu_quick.
inline constexpr double kGeluTanhRoot = 0.79788456080286535588, kGeluTanhCube = 0.044715, kGeluQuick = 1.702;

}  // namespace attn
