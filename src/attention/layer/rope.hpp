// Rotary position embedding (arXiv:2104.09864), in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attn/query_key.hpp"
#include "attn/view.hpp"

namespace attn {

/// Positions of rows: (axes, batch or 1, rows), C order. One axis stands for all.
struct RowPositions {
  const double* data = nullptr;
  std::size_t axes = 1, batch = 1;
  std::size_t rows = 0;   ///< of each axis and batch item
  std::size_t first = 0;  ///< the place of the first row that is turned

  double of(std::size_t axis, std::size_t b, std::size_t i) const {
    return data[((axes == 1 ? 0 : axis) * batch + (batch == 1 ? 0 : b)) * rows + first + i];
  }
};

/// A Rope for heads of one width, checked, with all its frequencies.
class Rotation {
 public:
  /// Throws Error (usage, at the option) for a theta that is not positive, an odd number of columns or more than a head
  /// has, and another number of frequencies, or of pairs in sections, than pairs.
  Rotation(const Rope& rope, std::size_t head_dim);

  /// Turns row i of every batch item and head as position `first` + offset + i, less the item's number of `starts` if
  /// there are any, (B).
  template <class T>
  void apply(HeadsView<T> heads, std::int64_t first, std::span<const std::int64_t> starts, std::size_t threads) const;
  /// Turns row i as its position, plus offset.
  template <class T>
  void apply(HeadsView<T> heads, const RowPositions& positions, std::size_t threads) const;

  /// With its number of columns and all frequencies.
  const Rope& rope() const { return rope_; }

 private:
  void share_out_pairs();
  template <class T, class Position>
  void turn_rows(HeadsView<T> heads, std::size_t items, const Position& position, std::size_t threads) const;

  Rope rope_;
  std::vector<std::size_t> axes_;  // the axis of each pair
};

}  // namespace attn
