// The tiles of a picture's matrix: weights of one head, or a reduction of those of several.
#pragma once

#include <vector>

#include "attention/engine/packed.hpp"
#include "attention/engine/weight_tiles.hpp"

namespace attn {

/// The heads that a picture shows, and how.
struct PictureMembers {
  /// Throws std::logic_error for a selection of several.
  PictureMembers(const PooledMatrix& picture, std::size_t batch, std::size_t heads);

  bool reduces() const {
    return over_batch != AxisSelection::Kind::indices || over_heads != AxisSelection::Kind::indices;
  }

  std::vector<std::size_t> batch_items, heads_of_each;
  AxisSelection::Kind over_batch, over_heads;
};

/// Reduces tiles one after the other, as pictures of whole matrices reduce those: NaN is kept, the deviation is the
/// population's (Welford's sums).
class TileReducer {
 public:
  explicit TileReducer(AxisSelection::Kind kind) : kind_(kind) {}

  void start(std::size_t size);
  template <class V>
  void add(const V* tile) {
    ++count_;
    for (std::size_t at = 0; at < value_.size(); ++at) include(at, static_cast<double>(tile[at]));
  }
  const double* result();

 private:
  void include(std::size_t at, double next);

  AxisSelection::Kind kind_;
  std::size_t count_ = 0;
  std::vector<double> value_, spread_;
};

/// The tiles of one picture, for some rows at a time.
template <class T>
class PictureTiles {
 public:
  PictureTiles(const WeightSource<T>& source, const PictureMembers& members);

  void begin(std::size_t first, std::size_t count);
  /// The weights of keys [j0, j1), one tile, to `row`.
  TileCells make(std::int64_t j0, std::int64_t j1);
  const T* row(std::size_t r) const { return tile_.data() + r * stride; }

  static constexpr auto stride = static_cast<std::size_t>(WeightSource<T>::tile_keys);  ///< between rows

 private:
  const WeightSource<T>& source_;
  const PictureMembers& members_;
  std::vector<WeightRows<T>> rows_;  // of each member
  Scratch<T> tile_;
  std::size_t count_ = 0;
  TileReducer heads_, batch_;
};

}  // namespace attn
