// Asks for the pictures' plan, and pools until it is followed.
#include "attention/document/planned_pictures.hpp"

#include "attention/document/emitted_tensors.hpp"

namespace attn {

template <class T>
PlannedPictures<T>::PlannedPictures(const Problem<T>& problem, const AttentionOptions& options, const Budget& spent)
    : request_(options.wanted.pictures), plan_(RunPlan::of(options, problem.dims.axes.projects)) {
  if (request_ == nullptr || plan_.emits(Stage::weights)) return;
  const Dims& dims = problem.dims;
  RunPlan whole = RunPlan::with_weights(options, dims.axes.projects);
  Budget with_weights = spent;
  EmittedTensors<T>::budget(dims, whole, options, with_weights);
  pooled_ = request_->plan({.batch = dims.batch,
                            .heads = dims.heads,
                            .queries = dims.queries,
                            .keys = dims.keys,
                            .tokens = problem.tokens,
                            .key_tokens = problem.key_tokens,
                            .fits = with_weights.fits()});
  if (pooled_.empty()) plan_ = std::move(whole);
}

template <class T>
void PlannedPictures<T>::add_to(Budget& budget, const Dims& dims) const {
  if (pooled_.empty()) return;
  for (const PooledMatrix& picture : pooled_) budget.add("a picture", {picture.rows, picture.columns}, sizeof(float));
  budget.add("the rows' sums", {dims.batch, dims.heads, dims.queries, 3}, sizeof(T));
}

template <class T>
void PlannedPictures<T>::pool(const AttentionTask<T>& task) {
  if (pooled_.empty()) return;
  do pool_weights(task, pooled_);
  while (request_->again(pooled_));
}

template class PlannedPictures<float>;
template class PlannedPictures<double>;

}  // namespace attn
