// The tokenizer in a GGUF file's metadata.
#pragma once

#include "attn/file_bytes.hpp"
#include "io/gguf/file.hpp"

namespace attn::text {

/// Whether the file has a tokenizer, of whatever kind.
bool has_gguf_tokenizer(const io::GgufFile& file);

/// It as the tokenizer.json that it stands for. Throws Error (data, at the key) for one that attn does not know how to
/// use, and for what is damaged.
FileBytes tokenizer_of_gguf(const io::GgufFile& file);

}  // namespace attn::text
