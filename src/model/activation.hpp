// The functions between the two products of a block's second half, by the names that config.json has.
#pragma once

#include <string>
#include <string_view>

#include "attn/task.hpp"
#include "attn/tensor.hpp"
#include "kernels/activation.hpp"

namespace attn::model {

/// The function of a name that config.json has, such as "gelu_new". Throws Error (data, at `where`) with the nearest.
Activation activation_of(std::string_view name, const std::string& where);

/// x ← f(x), or with `gate`, which has the shape of x, f(gate) ⊙ x.
void activate(Tensor& x, const Tensor* gate, Activation f, const Execution& execution);

/// gpt-oss' gate: (up + 1) · gate · σ(alpha · gate), with the gate at most `limit` and up within ±limit.
struct GateClamp {
  double alpha = 1.702, limit = 7;
};
/// Of x (…, 2n), whose even columns are gates and whose odd ones are up, to (…, n).
Tensor activate_clamped(const Tensor& x, const GateClamp& clamp);

}  // namespace attn::model
