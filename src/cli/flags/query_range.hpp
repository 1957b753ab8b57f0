// --query-range and --query-part: which queries, and what they are called where they have no tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attn/attention.hpp"

namespace attn::cli {

/// "2:5", "2:", ":5", and with ends that count backwards, "-2:" or ":-1". Throws Error (usage, at `where`).
QueryRange parse_query_range(std::string_view text, const std::string& where);

/// "3/8". Throws Error (usage, at `where`).
QueryPart parse_query_part(std::string_view text, const std::string& where);

/// Labels for `count` rows of a picture or a table: the tokens, or, where there are none and the first row is not
/// query 0, the queries' numbers.
std::vector<std::string> query_labels(const std::vector<std::string>& tokens, std::size_t first, std::size_t count);

}  // namespace attn::cli
