// --steps: the formula with its numbers, a step at a time.
#pragma once

#include <string>

#include "attn/attention.hpp"
#include "cli/result_output.hpp"

namespace attn::cli {

/// The walk through softmax(QKᵀ·scale)·V for a document, as text.
std::string compute_steps(const Input& input, const AttentionOptions& options, const ResultStyle& style);

}  // namespace attn::cli
