// Pictures of the weights within a run: planned before memory is taken, pooled after everything else.
#pragma once

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"

namespace attn {

/// What a run does about `AttentionOptions::pictures`.
template <class T>
class Pictures {
 public:
  /// Has the pictures planned, if there is a request and the options make no weights. `spent` is what the run needs
  /// besides; afterwards `options` ask for the weights if they are to be made after all.
  Pictures(const Problem<T>& problem, AttentionOptions& options, const Budget& spent);

  void add_to(Budget& budget, const Dims& dims) const;
  /// Once the task's operands are there.
  void pool(const AttentionTask<T>& task);
  std::vector<PooledMatrix> release() { return std::move(pooled_); }

 private:
  const PictureRequest* request_;
  std::vector<PooledMatrix> pooled_;
};

}  // namespace attn
