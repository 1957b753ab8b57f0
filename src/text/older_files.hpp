// Tokenizers from before tokenizer.json: vocab.txt, or vocab.json with merges.txt.
#pragma once

#include <string>

#include "attn/file_bytes.hpp"

namespace attn::text {

/// The files of the folder as the tokenizer.json that they stand for. Throws Error (data) if there are none, or if it
/// is not known how their model uses them.
FileBytes tokenizer_of_older_files(const std::string& folder);

}  // namespace attn::text
