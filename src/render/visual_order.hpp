// Texts in the order in which they are drawn.
#pragma once

#include <string>
#include <string_view>

namespace attn {

/// UTF-8 text with its letters from left to right: what is written from right to left (Hebrew, Arabic, …) is turned
/// round, words with the spaces and signs between them, combining marks after their letters. That is the part of UAX #9
/// that words need: numbers and other letters stand where they stood, and brackets are not mirrored. Arabic letters are
/// not joined.
std::string visual_order(std::string_view text);

}  // namespace attn
