// Pictures of weights that are pooled while they are computed, because nothing else needs the whole of them.
#pragma once

#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/picture.hpp"
#include "attn/selection.hpp"

namespace attn::cli {

class PooledPictures {
 public:
  /// `averages`: the pictures are of the mean over the heads.
  PooledPictures(HeatmapStyle style, Selection selection, bool averages);
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
  PictureRequest request_;
  Heatmap heatmap_;
};

}  // namespace attn::cli
