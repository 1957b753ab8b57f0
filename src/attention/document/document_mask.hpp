// The mask of a document: what its members and the options say, laid over its scores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attention/document/problem.hpp"

namespace attn {

struct DocumentMask {
  Mask mask;
  BoundMask bound;                          ///< the same over all queries and keys
  std::string text;                         ///< the options' part in the mask language; empty if it hides no key
  std::vector<std::string> notes;           ///< how it was read, where it can be read in two ways
  std::vector<std::int64_t> alibi_offsets;  ///< (B): where ALiBi counts from; empty: from the mask's own offsets
};

/// `dims`: the batch items, heads, queries and keys, the cached ones among them, and which axes there are. Throws Error
/// at the member or the option that does not fit.
DocumentMask document_mask(const Input& input, const Dims& dims, const AttentionOptions& options);

}  // namespace attn
