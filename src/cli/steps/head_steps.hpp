// The steps of one head: from queries, keys and values to its output.
#pragma once

#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "cli/steps/step_text.hpp"

namespace attn::cli {

/// Labels of the rows that were computed: `query_labels` of the result.
Labels row_labels_of(const Result& result);

/// What a norm of queries and keys does, as a sentence.
std::string norm_text(const QkNorm& norm);

/// "head 3", and the key/value head that it reads if there are fewer of those.
std::string head_name(const RunSummary& run, std::size_t h);

/// The heads that a selection names, of so many; all of them if it reduces them.
std::vector<std::size_t> chosen_heads(const std::string& selection, std::size_t heads);
/// How many of so many heads are shown, and the line that tells of the others; empty: all are.
std::size_t shown_heads(std::size_t heads);
void write_more_heads(StepText& text, std::size_t heads);

/// Writes the steps of batch item b and head h.
void write_head_steps(StepText& text, const Result& result, const AttentionOptions& options, std::size_t b,
                      std::size_t h);

}  // namespace attn::cli
