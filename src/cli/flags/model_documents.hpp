// What a whole model reads: documents of texts and ids, from flags or from INPUT.
#pragma once

#include <optional>
#include <string>

#include "attn/document.hpp"
#include "attn/tokenizer.hpp"
#include "cli/flags/checkpoint_flags.hpp"
#include "cli/flags/text_flags.hpp"

namespace attn::cli {

/// Whether a document is for a whole model.
inline bool is_for_model(const Input& input) {
  return input.token_ids || input.text || input.tensors.contains("pixels");
}

class ModelDocuments {
 public:
  /// The document of --text or --ids.
  Input of_flags(const CheckpointFlags& checkpoint, const TokenSource& source);
  /// Gives a document of a text its ids, and one of ids the tokens that a person reads, where it has none of its own:
  /// of several texts there are none. Throws Error (data) for a text without a tokenizer beside the weights, and for
  /// both a text and ids; (usage) for --no-special-tokens without a text.
  void complete(Input& input, const CheckpointFlags& checkpoint, const TextFlags& flags);
  /// Throws Error (data) for a document of a text whose ids a vocabulary of `size` does not have.
  void check_vocabulary(const Input& input, std::size_t size) const;

  /// That beside the weights; `where` asks for it.
  const Tokenizer& tokenizer(const CheckpointFlags& checkpoint, const std::string& where);

 private:
  void tokenize(Input& input, const CheckpointFlags& checkpoint, bool with_special_tokens);
  void label(Input& input, const CheckpointFlags& checkpoint);

  std::optional<Tokenizer> tokenizer_;  ///< opened for the first document
};

}  // namespace attn::cli
