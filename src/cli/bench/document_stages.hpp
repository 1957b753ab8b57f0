// The stages of a real run: reading a document, computing, writing the result.
#pragma once

#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/read.hpp"
#include "cli/bench/stage.hpp"

namespace attn::cli {

/// Runs `multihead` for a document with projections, else `compute`, and writes the result as JSON to nowhere,
/// warmup + runs times. Throws Error as those do, and (usage, at "--input") for JSON Lines.
std::vector<StageResult> document_stages(const std::string& path, const ReadOptions& read,
                                         const AttentionOptions& options, std::size_t warmup, std::size_t runs);

}  // namespace attn::cli
