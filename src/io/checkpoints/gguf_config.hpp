// The metadata of a GGUF file as the config.json that it stands for.
#pragma once

#include "io/checkpoints/gguf_names.hpp"
#include "io/gguf/file.hpp"
#include "io/json/config.hpp"

namespace attn::io {

/// The row of general.architecture. Throws Error (data) for one that attn does not know, and for what is no model.
const GgufArchitecture& gguf_architecture_of(const GgufFile& file);

/// Numbers that say how tensors lie.
struct GgufHeads {
  std::size_t query = 0, key_value = 0;
};
GgufHeads gguf_heads(const GgufFile& file, const GgufArchitecture& architecture);

/// Throws Error (data, at the key) for what is missing, and for what changes numbers and attn does not honour.
Config gguf_config(const GgufFile& file, const GgufArchitecture& architecture);

}  // namespace attn::io
