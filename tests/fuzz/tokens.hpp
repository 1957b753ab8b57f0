// What holds of every tokenizer.
#pragma once

#include "attn/tokenizer.hpp"

namespace attn::fuzz {

/// Cuts some texts, and looks at the places and ids of their tokens.
void check_tokenizer(const Tokenizer& tokenizer);

}  // namespace attn::fuzz
