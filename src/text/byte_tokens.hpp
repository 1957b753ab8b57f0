// Bytes as tokens: those of byte fallback, and the alphabet of byte-level tokenizers.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/aligned.hpp"
#include "text/vocabulary.hpp"

namespace attn::text {

/// The tokens <0x00> … <0xFF> of a vocabulary.
using ByteTokens = std::array<std::optional<TokenId>, 256>;
ByteTokens find_byte_tokens(const Vocabulary& vocabulary);
/// `<0x0A>`
std::string byte_name(unsigned char byte);

/// The visible character that stands for a byte in byte-level tokens (GPT-2): itself, or one from U+0100 on.
char32_t byte_level_character(unsigned char byte);
/// The changes that put such a character in the place of every byte.
std::vector<Change> byte_level(const AlignedText& text);
/// A byte-level token as text: bytes past ASCII as the characters that they make up, or as `<0xE2>` where the token has
/// only a part of one. What stands for ASCII stays as it is, so that Ġ marks the beginning of a word.
std::string byte_level_text(std::string_view token);

}  // namespace attn::text
