// Weights by tiles: softmax weights of any rows and keys, made when they are asked for and not kept.
#pragma once

#include <memory>
#include <vector>

#include "attention/engine/rows.hpp"
#include "attn/task.hpp"
#include "kernels/tile.hpp"

namespace attn {

/// Some rows of one batch item and head, ready to have their tiles made.
template <class T>
struct WeightRows {
  std::size_t b = 0, h = 0;
  std::size_t first = 0, count = 0;  ///< queries first … first+count-1
  BlockRows keys;
  bool filled = false;     ///< some rows have one weight for all keys, masked or not
  bool undefined = false;  ///< some weights are NaN
  std::vector<T> whole;    ///< (count, S), if the source makes rows at once
};

/// What a tile of weights holds.
enum class TileCells {
  zero,    ///< nothing but zeros; it was not written
  finite,  ///< numbers
  mixed,   ///< perhaps NaN among them
};

/// A task's weights. Safe to use from many threads at once; a tile is the same whoever asks for it.
template <class T>
class WeightSource {
 public:
  static constexpr std::int64_t tile_keys = 256;  ///< tiles begin at its multiples; the stride of their rows

  virtual ~WeightSource() = default;
  /// At most so many rows are begun at once.
  virtual std::size_t most_rows() const = 0;
  /// Does what must be known of whole rows, for the heads (B·H) that are marked, before any `begin`.
  virtual void prepare(const std::vector<bool>& heads) = 0;
  virtual void begin(WeightRows<T>& rows, std::size_t b, std::size_t h, std::size_t first, std::size_t count) const = 0;
  /// True if every weight of the keys [j0, j1) is 0 without a look at any score.
  virtual bool is_zero(const WeightRows<T>& rows, std::int64_t j0, std::int64_t j1) const = 0;
  /// The weights of keys [j0, j1), one tile, to `tile` (count, tile_keys).
  virtual TileCells make(const WeightRows<T>& rows, std::int64_t j0, std::int64_t j1, T* tile) const = 0;
};

/// By the kernels of the task's set, or by the reference for a set without any. The task must outlive the source.
template <class T>
std::unique_ptr<WeightSource<T>> weight_source(const AttentionTask<T>& task);

}  // namespace attn
