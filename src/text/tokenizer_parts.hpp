// tokenizer.json as the parts of a tokenizer.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "attn/file_bytes.hpp"
#include "io/json/config.hpp"
#include "text/model.hpp"
#include "text/normalizers.hpp"
#include "text/post_processors.hpp"
#include "text/pre_tokenizers.hpp"

namespace attn::text {

/// What may be missing is empty.
struct TokenizerParts {
  std::vector<io::Config> added_tokens;
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<Model> model;
  PostProcessor post_processor;
  bool is_byte_level = false;  ///< tokens are written in the byte-level alphabet
  /// As the file has them: the first of such steps, if there is one.
  std::optional<io::Config> bert_normalizer, byte_level_pre_tokenizer;
};

/// Throws Error (data, at the JSON pointer) for what is missing, damaged or not supported.
TokenizerParts read_tokenizer_parts(const FileBytes& file);

}  // namespace attn::text
