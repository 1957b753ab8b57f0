// Post-processors: steps that put special tokens around the tokens of texts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "io/json/config.hpp"
#include "text/vocabulary.hpp"

namespace attn::text {

/// A token on its way to the caller.
struct PlacedToken {
  TokenId id = 0;
  std::string text;  ///< as the model or the text has it
  std::size_t begin = 0, end = 0;
  std::uint32_t type = 0;
  bool is_special = false;  ///< put there by a post-processor
  int part = -1;            ///< 0 or 1: which text it is of
};
using PlacedTokens = std::vector<PlacedToken>;

/// Changes the tokens of one text or of two. What comes out is one list or more, in their order.
using PostProcessor = std::function<void(std::vector<PlacedTokens>& parts, bool with_special_tokens)>;

/// The post-processor that the part describes. Throws Error (data) for what is not supported.
PostProcessor make_post_processor(const io::Config& part);

}  // namespace attn::text
