// What readers take from a result's metadata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attn/file_bytes.hpp"

namespace attn::io {

/// What a result says of its tensors; empty, none or 0 where it says nothing.
struct ResultFacts {
  std::string dtype;
  std::optional<std::int64_t> layer;  ///< the number of the only one
  std::vector<std::int64_t> layers;   ///< the numbers of several
  /// Of what numbers of another tensor's batch items and heads those of this one were taken.
  std::vector<std::int64_t> of_batch, of_heads;
  std::int64_t batch = 0;
  std::string layout;  ///< of arrays that have heads, where it is not attn's own
  std::string mask;    ///< the expression of a mask, and what else masked keys: "causal, key_lengths"
};

/// Of a metadata member, given as JSON text. Nothing, if it is not as attn writes it.
ResultFacts facts_of_metadata(const std::string& json);

/// Of the metadata member at the end of a JSON document, where attn writes it, without reading what is before it.
/// Nothing, if there is none.
ResultFacts last_facts(const FileBytes& document);

}  // namespace attn::io
