// Small whole models for tests of the command line.
#pragma once

#include <string>

#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {

/// A BERT of three layers and four heads with a tokenizer beside it, 4058 words and 20 positions, in the folder `m` of
/// the working directory.
inline void write_bert() { write_small_model("bert", "m", {.tokenizer = "bert", .vocabulary = 4058}); }

/// multihead with that model.
inline Arguments model(const Arguments& more) { return Arguments{"multihead", "--weights", "m", "-q"} + more; }

}  // namespace attn::test
