// The atoms of mask expressions as nodes. `text` is the atom as written, `where` the flag it came from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mask/node.hpp"

namespace attn::mask_detail {

// ---- by distance and position (positional.cpp) ------------------------------------------------

/// p−left ≤ k ≤ p+right; −1 is unbounded. Bottom right: p is counted back from the key length, or S.
NodePtr window(std::string text, std::int64_t left, std::int64_t right, bool bottom_right);
/// k < count.
NodePtr keys_below(std::string text, std::int64_t count);
/// k < the batch item's key length; every key where the grid has none.
NodePtr keys_below_lengths();
/// p or k is one of `positions`.
NodePtr global_positions(std::string text, std::vector<std::int64_t> positions);
/// ⌊p/size⌋ = ⌊k/size⌋.
NodePtr same_block(std::string text, std::int64_t size);
/// |p−k| ≤ reach (−1: any distance) and step divides p−k.
NodePtr dilated(std::string text, std::int64_t reach, std::int64_t step);

// ---- by a structure over the positions (structured.cpp, segments.cpp) --------------------------

/// p and k lie in the same of several documents, one after the other. Lengths sum to S.
NodePtr documents(std::string text, std::string where, const std::vector<std::int64_t>& lengths);
/// Rows and columns of p and k on a height×width grid differ by at most `reach` each.
NodePtr grid(std::string text, std::string where, std::int64_t height, std::int64_t width, std::int64_t reach);
/// k is p or an ancestor of p; parents[j] < j, −1 for a root. One parent a key.
NodePtr tree(std::string text, std::string where, std::vector<std::int64_t> parents);
/// The grid's segments have the same id at p and k.
NodePtr segments(std::string text, std::string where);

// ---- by numbers from elsewhere (random.cpp, stored.cpp) ----------------------------------------

/// Each (i, k) with probability p, by the hash of random.cpp.
NodePtr random_keys(std::string text, double probability, std::uint64_t seed);
/// A u8 mask; `where` is the file that it is from.
NodePtr stored(const std::string& where, Tensor tensor);

}  // namespace attn::mask_detail
