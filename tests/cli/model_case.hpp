// Small whole models for tests of the command line.
#pragma once

#include <string>

#include "attn/tensor.hpp"
#include "cli/session.hpp"
#include "support/small_model.hpp"

namespace attn::test {

/// A BERT of three layers and four heads with a tokenizer beside it, 4058 words and 20 positions, in the folder `m` of
/// the working directory.
inline void write_bert() { write_small_model("bert", "m", {.tokenizer = "bert", .vocabulary = 4058}); }

/// multihead with that model.
inline Arguments model(const Arguments& more) { return Arguments{"multihead", "--weights", "m", "-q"} + more; }

inline const Arguments a_cat{"--text", "a cat"};

/// Gives a member of m/config.json another value; null removes it.
void change_config(const std::string& name, const Json& value);

/// The file of what the library of models gives for a family (see small_model.hpp), and one of its arrays as float64.
std::string golden_path(const std::string& family);
Tensor golden(const std::string& family, const std::string& name);

}  // namespace attn::test
