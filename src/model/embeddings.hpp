// From the ids of a text to what enters the first block.
#pragma once

#include "attn/document.hpp"
#include "io/json/config.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// (B, L, d): words, positions and types, added, normed and projected as the family has it. Throws Error (data) for ids
/// that the vocabulary does not have, and for texts that are longer than a table of positions.
Tensor embed(ModelTensors& tensors, const Family& family, const io::Config& config, const TokenIds& ids,
             const Execution& execution);

}  // namespace attn::model
