// Tokens of a GGUF file, with their kinds and scores.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/gguf/file.hpp"

namespace attn::text {

/// llama.cpp's kinds of tokens, by their numbers.
enum class GgufTokenKind : std::uint8_t { normal = 1, unknown, control, user_defined, unused, byte };

struct GgufVocabulary {
  std::vector<std::string_view> tokens;
  std::vector<GgufTokenKind> kinds;

  /// Throws Error (data, at the key) for lists that are missing, of other lengths, or hold no text.
  static GgufVocabulary read(const io::GgufFile& file);

  /// The token that a key has the id of; none if there is no such key. Throws Error (data) for an id past the end.
  std::optional<std::size_t> id_of(const io::GgufFile& file, const std::string& key) const;
  /// The id of a text; none if there is no such token.
  std::optional<std::size_t> find(std::string_view token) const;
};

/// Which pairs of tokens SentencePiece's BPE merges, the best first: those whose text is a token, by its score. Left
/// and right of each in turn. Throws Error (data) where scores do not say the order.
std::vector<std::string_view> merges_of_scores(const io::GgufFile& file, const GgufVocabulary& vocabulary);

}  // namespace attn::text
