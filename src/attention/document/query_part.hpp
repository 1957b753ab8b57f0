// Parts of a document's queries that cost equally much under its mask.
#pragma once

#include "attention/document/problem.hpp"
#include "attention/document/query_rows.hpp"

namespace attn {

/// The queries of the options' part; `heads`: into how many the operands are split. Throws Error (usage, at
/// `query_part`) if there are fewer queries than parts, and as the document's mask does.
QueryRows part_rows(const Input& input, const AttentionOptions& options, const HeadSplit& heads);

}  // namespace attn
