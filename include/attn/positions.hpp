// Where a row of a batch counts its positions from.
#pragma once

namespace attn {

/// RoPE and mask atoms that name positions count them from key 0 of a row, or from its first key that is no padding.
enum class PositionsFrom {
  unsaid,  ///< from key 0, for want of a word
  zero,
  start,
};

}  // namespace attn
