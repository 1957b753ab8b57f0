// Unicode as the tokenizers library has it: classes of characters, lower case, normal forms, grapheme clusters.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "text/aligned.hpp"

namespace attn::text {

/// Unicode's White_Space.
bool is_space(char32_t c);
/// General category Cc, Cf or Co.
bool is_control(char32_t c);
/// General category P, or ASCII's punctuation and symbols.
bool is_punctuation(char32_t c);
/// General category N.
bool is_number(char32_t c);
/// What a regular expression's \w matches.
bool is_word(char32_t c);
/// General category Mn.
bool is_nonspacing_mark(char32_t c);
/// General category M.
bool is_mark(char32_t c);

enum class NormalForm { nfc, nfd, nfkc, nfkd };

/// The text's normal form, as the changes that lead to it.
std::vector<Change> normal_form(const AlignedText& text, NormalForm form);
/// The text in lower case, character by character.
std::vector<Change> lower_case(const AlignedText& text);
/// Where extended grapheme clusters end.
std::vector<std::size_t> grapheme_ends(const AlignedText& text);

}  // namespace attn::text
