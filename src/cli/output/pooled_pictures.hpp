// Pictures of weights that are pooled while they are computed, because nothing else needs the whole of them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/picture.hpp"
#include "attn/selection.hpp"

namespace attn::cli {

class PooledPictures {
 public:
  /// `averages`: the pictures are of the mean over the heads. `layer`: the number of the model's layer that they are
  /// of, which is known once the run has begun; or none.
  PooledPictures(HeatmapStyle style, Selection selection, bool averages,
                 std::function<std::optional<std::int64_t>()> layer);
  PooledPictures(const PooledPictures&) = delete;
  PooledPictures& operator=(const PooledPictures&) = delete;

  /// For the options of a run.
  const PictureRequest& request() const { return request_; }
  /// Takes over what the run has pooled; false if it made the weights instead.
  bool take(Result& result);
  /// After `take`.
  const Heatmap& heatmap() const { return heatmap_; }

 private:
  std::vector<PooledMatrix> plan(const WeightsShape& shape);
  void add_all_matrices(const WeightsShape& shape, std::vector<PooledMatrix>& pooled) const;
  bool again(std::vector<PooledMatrix>& pooled);

  HeatmapStyle style_;
  Selection selection_;
  bool averages_;
  std::function<std::optional<std::int64_t>()> layer_;
  PictureRequest request_;
  Heatmap heatmap_;
};

}  // namespace attn::cli
