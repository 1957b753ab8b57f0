// Rotary position embedding (arXiv:2104.09864), in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "attn/query_key.hpp"
#include "attn/view.hpp"

namespace attn {

/// A Rope for heads of one width, checked, with all its frequencies.
class Rotation {
 public:
  /// Throws Error (usage, at the option) for a theta that is not positive, an odd number of columns or more than a head
  /// has, and another number of frequencies than pairs.
  Rotation(const Rope& rope, std::size_t head_dim);

  /// Turns row i of every batch item and head as position `first` + offset + i, less the item's number of `starts` if
  /// there are any, (B).
  template <class T>
  void apply(HeadsView<T> heads, std::int64_t first, std::span<const std::int64_t> starts, std::size_t threads) const;

  /// With its number of columns and all frequencies.
  const Rope& rope() const { return rope_; }

 private:
  Rope rope_;
};

}  // namespace attn
