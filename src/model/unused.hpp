// No tensor of a block is passed over in silence.
#pragma once

#include "attn/checkpoint.hpp"
#include "io/checkpoints/match.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// Throws Error (data) for a tensor of the layer's block that neither attention nor the block has used, unless the
/// family ignores it: the numbers would be those of another model.
void check_all_used(const ModelTensors& tensors, const Family& family, const io::NamedLayers& group,
                    const AttentionLayer& layer);

}  // namespace attn::model
