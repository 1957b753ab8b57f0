// The box that stands for a character that no font has: its code in hexadecimal digits.
#pragma once

#include "render/fonts/face.hpp"

namespace attn {

/// Its advance, in units of the font that has the digits.
double code_box_advance(char32_t character, const Face& digits);
/// Its frame and digits: two rows of two, or of three past U+FFFF.
Outline code_box_outline(char32_t character, const Face& digits);

}  // namespace attn
