// Texts as pictures show them: nothing in a token acts on the picture, and nothing of it is lost.
#pragma once

#include <string_view>
#include <vector>

namespace attn {

/// The code points of UTF-8 text, with escapes (\n, \x1b, \u202e) for those that act rather than show: control
/// characters, line separators, embeddings and overrides of direction; and for U+FFFE and U+FFFF, which are no
/// characters. Invalid bytes are U+FFFD. All that comes out may stand in XML.
std::vector<char32_t> visible_code_points(std::string_view text);

/// Joiners, marks of direction and variation selectors: they change how their neighbours look; alone they are nothing.
bool is_ignorable(char32_t c);

}  // namespace attn
