// A GGUF file as the checkpoint that it was made of: transformers' names, rows in their order, a config.json.
#pragma once

#include <memory>

#include "io/arrays/archives.hpp"
#include "io/json/config.hpp"

namespace attn::io {

struct GgufCheckpoint {
  std::unique_ptr<ArrayFile> tensors;
  Config config;
};

/// Tensors are named as transformers names them, and placed in messages by their own names. Throws Error (data) for a
/// file that breaks a rule of the format, for an architecture, a key or a tensor that attn does not know.
GgufCheckpoint open_gguf(const FileBytes& file);

}  // namespace attn::io
