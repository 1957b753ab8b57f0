// A checkpoint's layers in words.
#pragma once

#include <string>

#include "attn/attention.hpp"
#include "attn/checkpoint.hpp"

namespace attn::cli {

/// "llama: 4 heads of 64 columns, 2 key/value heads".
std::string heading_text(const AttentionLayer& layer);

/// "causal mask, RoPE (theta 10000)": what the architecture does besides projecting, without what `given` replaces and,
/// if it is lifted, the causal mask. Empty if there is nothing.
std::string conventions_text(const AttentionLayer& layer, const AttentionOptions& given, bool lifts_causal);

}  // namespace attn::cli
