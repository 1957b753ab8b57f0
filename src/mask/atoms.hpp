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
/// p or k is one of `positions`.
NodePtr global_positions(std::string text, std::vector<std::int64_t> positions);
/// ⌊p/size⌋ = ⌊k/size⌋; `from_start`: counted from the key start, wherever the grid counts positions from.
NodePtr same_block(std::string text, std::int64_t size, bool from_start);
/// |p−k| ≤ reach (−1: any distance) and step divides p−k.
NodePtr dilated(std::string text, std::int64_t reach, std::int64_t step);

// ---- by the key alone (ends.cpp) ---------------------------------------------------------------

/// What the lists of atoms hold: one number for all batch items, or one each.
struct PerItem {
  std::vector<std::int64_t> numbers;
  std::string where;
};

/// k < count, with k counted from where the grid's positions are; without numbers: the grid's prefix lengths.
NodePtr prefix(std::string text, PerItem counts);
/// k < count and k ≥ count, whatever positions are counted from.
NodePtr keys_below(std::string text, PerItem counts);
NodePtr keys_from(std::string text, PerItem counts);
/// k < the batch item's key length, and k ≥ its key start; every key where the grid has none.
NodePtr keys_below_lengths();
NodePtr keys_from_starts();

// ---- by a structure over the positions (structured.cpp, packed.cpp, segments.cpp) ---------------

/// p and k lie in the same of several documents, one after the other. Lengths sum to S.
NodePtr documents(std::string text, std::string where, std::vector<std::int64_t> lengths);
/// Queries i and keys k lie in the same of several documents that may have other numbers of queries than of keys; as
/// many of both. They sum to L and S. `causal`: and k ≤ i, counted back from the document's last query and key.
NodePtr packed_documents(std::string text, std::string where, std::vector<std::int64_t> queries,
                         std::vector<std::int64_t> keys, bool causal);
/// Rows and columns of p and k on a height×width grid differ by at most `reach` each.
NodePtr grid(std::string text, std::string where, std::int64_t height, std::int64_t width, std::int64_t reach);
/// k is p or an ancestor of p; parents[j] < j, −1 for a root. One parent a key.
NodePtr tree(std::string text, std::string where, std::vector<std::int64_t> parents);
/// The grid's segments have the same id at p and k.
NodePtr segments(std::string text, std::string where);

// ---- by numbers from elsewhere (random.cpp, stored.cpp) ----------------------------------------

/// Each (i, k) with probability p, by the hash of random.cpp.
NodePtr random_keys(std::string text, double probability, std::uint64_t seed);
/// A u8 mask; `where` is the file that it is from. `of_all_keys`: it has a column for cached keys too.
NodePtr stored(const std::string& where, Tensor tensor, bool of_all_keys);

}  // namespace attn::mask_detail
