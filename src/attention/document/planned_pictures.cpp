// Asks for the pictures' plan, and pools until it is followed.
#include "attention/document/planned_pictures.hpp"

#include "attention/document/emitted_tensors.hpp"

namespace attn {

template <class T>
Pictures<T>::Pictures(const Problem<T>& problem, AttentionOptions& options, const Budget& spent)
    : request_(options.pictures) {
  if (request_ == nullptr || emits(options, Stage::weights)) return;
  AttentionOptions all = options;
  all.emit.push_back(Stage::weights);
  const Dims& dims = problem.dims;
  Budget whole = spent;
  Emission<T>::budget(dims, all, whole);
  pooled_ = request_->plan({.batch = dims.batch,
                            .heads = dims.heads,
                            .queries = dims.queries,
                            .keys = dims.keys,
                            .tokens = problem.tokens,
                            .key_tokens = problem.key_tokens,
                            .fits = whole.fits()});
  if (pooled_.empty()) options = std::move(all);
}

template <class T>
void Pictures<T>::add_to(Budget& budget, const Dims& dims) const {
  if (pooled_.empty()) return;
  for (const PooledMatrix& picture : pooled_) budget.add("a picture", {picture.rows, picture.columns}, sizeof(float));
  budget.add("the rows' sums", {dims.batch, dims.heads, dims.queries, 3}, sizeof(T));
}

template <class T>
void Pictures<T>::pool(const AttentionTask<T>& task) {
  if (pooled_.empty()) return;
  do pool_weights(task, pooled_);
  while (request_->again(pooled_));
}

template class Pictures<float>;
template class Pictures<double>;

}  // namespace attn
