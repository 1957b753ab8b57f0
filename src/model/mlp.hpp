// What config.json says of a block's second half.
#pragma once

#include "io/json/config.hpp"
#include "model/family.hpp"

namespace attn::model {

/// The row with config.json's word on its kind, its biases and its activation. Throws Error (data) for a kind or an
/// activation that is not supported.
Mlp mlp_of(const Mlp& row, const io::Config& config);

}  // namespace attn::model
