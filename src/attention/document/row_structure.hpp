// What differs from row to row of a batch: padding at both ends, prefixes, and packed documents.
#pragma once

#include "attn/document.hpp"
#include "attn/mask.hpp"

namespace attn {

/// Gives the shape of a document's scores, whose sizes are set, the document's `key_lengths`, `key_starts`,
/// `prefix_lengths`, `segments` and `positions`, and masks what is padding. Throws Error (data) at the member that does
/// not fit.
void lay_rows(MaskShape& shape, Mask& mask, const Input& input);

/// Gives the ids of a document their starts and where their positions count from, checked like those of `lay_rows`.
TokenIds with_starts(const Input& input, const TokenIds& ids);

/// The key that each batch item's positions count from; empty: key 0 for all. The document's members are checked.
std::vector<std::int64_t> first_positions(const Input& input);

}  // namespace attn
