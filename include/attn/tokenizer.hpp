// Tokenizers: from a text to the ids of a model's vocabulary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/file_bytes.hpp"

namespace attn {

/// One token of a text.
struct TextToken {
  std::int64_t id = 0;
  /// As a person reads it: the vocabulary's text with its marks of sub-words (##ing, Ġthe, ▁the); bytes of byte-level
  /// tokens as the characters that they make up, and as <0xE2> where a token has only a part of one.
  std::string text;
  /// The characters (code points) of the text that it stands for, the last one excluded; 0, 0 for a special token that
  /// no text has.
  std::size_t begin = 0, end = 0;
  std::int64_t type = 0;    ///< the model's token type: which segment it belongs to
  bool is_special = false;  ///< added around the texts, as [CLS] is
  int part = -1;            ///< 0 of the first text, 1 of the second; -1 of neither
};

/// A tokenizer as the tokenizers library (Hugging Face) stores it. Its results are that library's: ids, places, types.
///
/// Truncation and padding that the file asks for are not applied.
class Tokenizer {
 public:
  /// A tokenizer.json, a GGUF file with a tokenizer in its metadata, or the folder that has a tokenizer.json. A folder
  /// without may have vocab.txt (BERT's WordPiece) or vocab.json with merges.txt (byte-level BPE of GPT-2 and RoBERTa);
  /// tokenizer_config.json and config.json beside them tell which it is. Beside a tokenizer.json, tokenizer_config.json
  /// is read for `notes` alone. Throws Error (data, at the JSON pointer) for
  /// what is damaged or not supported.
  static Tokenizer open(const std::string& path);
  /// Whether a folder has one of these files, or a GGUF file a tokenizer.
  static bool is_in(const std::string& folder);
  /// A tokenizer.json.
  static Tokenizer read(const FileBytes& file);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// The tokens of a text, or of a pair of texts. Throws Error (data) for text that is not UTF-8, and where the
  /// tokenizer has no way to tokenize it.
  std::vector<TextToken> encode(std::string_view text, std::optional<std::string_view> pair = std::nullopt,
                                bool with_special_tokens = true) const;

  /// What a reader of these tokens should know, a line each: where the tokenizer_config.json beside a tokenizer.json says
  /// otherwise, the transformers library may give other ids.
  std::vector<std::string> notes(std::string_view text, std::optional<std::string_view> pair = std::nullopt) const;

  /// The token of an id as a person reads it; none if the vocabulary does not have it.
  std::optional<std::string> token(std::int64_t id) const;
  std::optional<std::int64_t> id(std::string_view token) const;
  /// One more than the greatest id.
  std::int64_t ids() const;
  /// The file's name.
  const std::string& name() const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace attn
