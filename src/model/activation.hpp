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

}  // namespace attn::model
