// The labels of a result's keys.
#pragma once

#include <string>
#include <vector>

#include "attn/document.hpp"

namespace attn::cli {

/// Those of the queries, unless the keys have their own.
inline const std::vector<std::string>& key_labels(const Result& result) {
  return result.key_tokens.empty() ? result.tokens : result.key_tokens;
}

}  // namespace attn::cli
