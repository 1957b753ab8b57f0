// The functions between the two products of a block's second half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attn/tensor.hpp"

namespace attn::model {

enum class Activation : std::uint8_t {
  gelu,        ///< x·Φ(x), by the error function (arXiv:1606.08415)
  gelu_tanh,   ///< 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
  gelu_quick,  ///< x·σ(1.702·x)
  relu,
  relu_squared,
  silu,  ///< x·σ(x)
};

/// The function of a name that config.json has, such as "gelu_new". Throws Error (data, at `where`) with the nearest.
Activation activation_of(std::string_view name, const std::string& where);

/// x ← f(x).
void activate(Tensor& x, Activation f, std::size_t threads);
/// x ← f(gate) ⊙ x, of one shape.
void activate_gated(Tensor& x, const Tensor& gate, Activation f, std::size_t threads);

/// gpt-oss' gate: (up + 1) · gate · σ(alpha · gate), with the gate at most `limit` and up within ±limit.
struct GateClamp {
  double alpha = 1.702, limit = 7;
};
/// Of x (…, 2n), whose even columns are gates and whose odd ones are up, to (…, n).
Tensor activate_clamped(const Tensor& x, const GateClamp& clamp);

}  // namespace attn::model
