// The parser of the mask language.
#pragma once

#include "mask/arguments.hpp"
#include "mask/node.hpp"

namespace attn::mask_detail {

/// Parentheses nest no deeper, so that no expression can overflow the stack.
inline constexpr int deepest_nesting = 256;

/// The expression as a tree. Throws Error (usage, at `source.where`) that starts with the column.
///
///     disjunction = conjunction { "|" conjunction }
///     conjunction = operand { "&" operand }
///     operand     = { "!" } ( "(" disjunction ")" | atom )
///     atom        = name { ":" field { "," field } }
///
/// White space may stand between any two of these. The field of `file:` ends at white space, &, |, ( or
/// ), or is in double quotes, where a backslash stands before a quote and a backslash.
NodePtr parse_expression(const Source& source);

}  // namespace attn::mask_detail
