// --steps: the formula with the numbers of a run, a step at a time.
#pragma once

#include <string>

#include "attn/attention.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

/// The options of a run of `input` that keeps what its steps show, besides what they want of it already.
AttentionOptions with_steps(AttentionOptions options, const Input& input, bool multihead);

/// How steps look, and of which heads they are.
struct StepsStyle {
  TableStyle table = {};
  std::string head = "all";  ///< a selection; of a reduction all are shown
};

/// The steps of softmax(QKᵀ·scale)·V in the run that gave `result`, as text; its options were of `with_steps`.
/// Large matrices and many heads are elided.
std::string compute_steps(const Result& result, const AttentionOptions& options, const StepsStyle& style);

/// The same through projections, heads, concatenation and output projection. Of several batch items the first.
std::string multihead_steps(const Result& result, const Input& input, const AttentionOptions& options,
                            const StepsStyle& style);

}  // namespace attn::cli
