// Statistics and strongest keys as tables for people.
#pragma once

#include <string>

#include "attn/document.hpp"
#include "cli/output/table.hpp"

namespace attn::cli {

/// The result's `stats` and `top`, a table for each of these items; empty if it has neither. `first_query` is the query
/// of the first row.
std::string statistics_tables(const Result& result, const TextItems& items, std::size_t first_query,
                              const TableStyle& style);

}  // namespace attn::cli
