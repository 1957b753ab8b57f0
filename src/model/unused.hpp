// No tensor of a block is passed over in silence.
#pragma once

#include <cstdint>

#include "attn/checkpoint.hpp"
#include "io/checkpoints/match.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// Notes what an attention of a block has used, and what its architecture ignores.
void use_layer(ModelTensors& tensors, const io::NamedLayers& group, const AttentionLayer& layer);

/// Throws Error (data) for a tensor of the layer's attention that attn does not use. The rest of the block is not
/// looked at: a run may end with this attention.
void check_attention_used(const io::CheckpointFiles& files, const Family& family, const AttentionLayer& layer);

/// Throws Error (data) for a tensor of the layer's block that nobody has used, unless the family ignores it: the
/// numbers would be those of another model.
void check_all_used(const ModelTensors& tensors, const Family& family, const io::NamedLayers& group,
                    std::int64_t layer);

}  // namespace attn::model
