// Results: labels, tensors, and the conventions they were made with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attention/document/problem.hpp"

namespace attn {

/// "zero", "nan" or "uniform".
std::string_view empty_row_name(EmptyRow rule);

/// What a run of the problem does, but for its command and layer.
template <class T>
RunSummary summary_of(const Input& input, const Problem<T>& problem, const AttentionOptions& options);

/// The members of `metadata` that say the same, in the documents' order.
std::vector<std::pair<std::string, MetadataValue>> metadata_of(const RunSummary& summary);

/// Puts a result together, with the problem's labels and notes and the summary's metadata.
template <class T>
Result make_result(const Input& input, Problem<T>& problem, std::vector<NamedTensor> tensors, RunSummary summary);

}  // namespace attn
