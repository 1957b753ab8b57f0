// Results: labels, tensors, and the conventions they were made with.
#pragma once

#include <string_view>
#include <vector>

#include "attention/document/problem.hpp"

namespace attn {

/// "zero", "nan" or "uniform".
std::string_view empty_row_name(EmptyRow rule);

/// Puts a result together; `metadata` names the command and every convention that shaped the numbers.
template <class T>
Result make_result(std::string_view command, const Input& input, Problem<T>& problem, std::vector<NamedTensor> tensors,
                   const AttentionOptions& options);

}  // namespace attn
