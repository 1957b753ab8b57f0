// Statistics and strongest keys as tables for people.
#pragma once

#include <string>

#include "attn/document.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

/// The result's `stats` and `top`, a table for each batch item and head; empty if it has neither. `leading_axis` names
/// the first axis of rank 2, `head` or `batch`; `first_query` is the query of the first row.
std::string statistics_tables(const Result& result, std::string_view leading_axis, std::size_t first_query,
                              const TableStyle& style);

}  // namespace attn::cli
