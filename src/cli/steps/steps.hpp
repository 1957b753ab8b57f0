// --steps: the formula with its numbers, a step at a time, as on a board.
#pragma once

#include <string>

#include "attn/attention.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

/// The walk through softmax(QKᵀ·scale)·V for a document, as text. Large matrices and many heads are elided.
std::string compute_steps(const Input& input, const AttentionOptions& options, const TableStyle& style);

/// The same through projections, heads, concatenation and output projection.
std::string multihead_steps(const Input& input, const AttentionOptions& options, const TableStyle& style);

}  // namespace attn::cli
