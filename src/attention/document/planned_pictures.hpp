// Pictures of the weights within a run: planned before memory is taken, pooled after everything else.
#pragma once

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"
#include "attention/document/run_plan.hpp"

namespace attn {

/// True if pictures show what the mask, or a bias of −inf, hides as masked: it hides something, and no row of nothing
/// else has numbers, or NaN, of its own.
template <class T>
bool masks_cells(const Problem<T>& problem);

/// What a run does about `AttentionOptions::pictures`.
template <class T>
class PlannedPictures {
 public:
  /// Has the pictures planned, if there is a request and the options make no weights. `spent` is what the run needs
  /// besides what it emits.
  PlannedPictures(const Problem<T>& problem, const AttentionOptions& options, const Budget& spent);

  /// What is emitted: the weights too, if the pictures are to be made of the whole of them after all.
  const RunPlan& plan() const { return plan_; }
  void add_to(Budget& budget, const Dims& dims) const;
  /// Once the operands are there, and what is shown is found.
  void pool(const Problem<T>& problem);
  std::vector<PooledMatrix> release() { return std::move(pooled_); }

 private:
  const PictureRequest* request_;
  RunPlan plan_;
  std::vector<PooledMatrix> pooled_;
};

}  // namespace attn
