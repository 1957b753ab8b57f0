// What atoms ask of a MaskShape.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "attn/mask.hpp"

namespace attn::mask_detail {

/// A list with one value for all batch items, or one each.
inline std::int64_t of_item(const std::vector<std::int64_t>& values, std::size_t b) {
  return values.size() == 1 ? values.front() : values[b];
}

inline bool all_equal(const std::vector<std::int64_t>& values) {
  return std::all_of(values.begin(), values.end(), [&values](std::int64_t value) { return value == values.front(); });
}

inline std::int64_t query_count(const MaskShape& shape) { return static_cast<std::int64_t>(shape.queries); }
inline std::int64_t key_count(const MaskShape& shape) { return static_cast<std::int64_t>(shape.keys); }

/// The keys of a batch item that are not padding.
inline std::int64_t key_length(const MaskShape& shape, std::size_t b) {
  return shape.key_lengths.empty() ? key_count(shape) : of_item(shape.key_lengths, b);
}

/// The key that a batch item's positions are counted from.
inline std::int64_t origin(const MaskShape& shape, std::size_t b) {
  return shape.positions == PositionsFrom::start && !shape.key_starts.empty() ? of_item(shape.key_starts, b) : 0;
}

/// True if rows of one query may stand at other positions, or count them from another key, in other batch items.
inline bool positions_vary(const MaskShape& shape) {
  return !all_equal(shape.offsets) || (shape.positions == PositionsFrom::start && !all_equal(shape.key_starts));
}

/// For an atom that names positions: where they are counted from, if rows begin with padding and nothing says it.
std::string note_of_origin(const MaskShape& shape, const std::string& atom);

/// Throws Error (data or usage) if the grid does not agree with itself or passes what can be counted.
void check_shape(const MaskShape& shape);

/// Throws Error (usage, at `where`) unless a structure over `covered` positions, such as "the lengths
/// sum to 6", holds all keys and queries; `exactly`: has no position beyond the keys.
void check_covered(const MaskShape& shape, const std::string& where, const std::string& structure, std::int64_t covered,
                   bool exactly);

}  // namespace attn::mask_detail
