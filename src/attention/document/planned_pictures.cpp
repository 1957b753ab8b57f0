// Asks for the pictures' plan, and pools until it is followed.
#include "attention/document/planned_pictures.hpp"

#include <algorithm>

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

namespace {

bool is_one(const AxisSelection& selection) { return selection.kind == AxisSelection::Kind::indices; }

// What the mask hides takes no part in a cell: neither as zeros in its mean, nor in the range of the weights, where it
// has a cell to itself. Weights that are not 0 where a mask hides them, and a mask that differs between the heads that
// a picture reduces, are left as they are.
template <class T>
void take_masked_out(const AttentionTask<T>& task, PooledMatrix& picture) {
  const BoundMask* const mask = task.pipeline.mask;
  if (mask == nullptr || mask->unrestricted() || task.pipeline.empty_row != EmptyRow::zero) return;
  if (!is_one(picture.batch) && mask->varies_by_batch()) return;
  if (!is_one(picture.head) && mask->varies_by_head()) return;
  if (mask->shape().queries != task.operands.query.rows) return;
  const std::size_t batch = is_one(picture.batch) ? picture.batch.indices.front() : 0;
  const std::size_t head = is_one(picture.head) ? picture.head.indices.front() : 0;
  const Tensor visible = mask->pool(batch, head, picture.rows, picture.columns, Pooling::mean, task.execution.threads);
  const std::span<const float> shares = visible.values<float>();
  const std::span<float> cells = picture.cells.values<float>();
  picture.masked = Tensor::zeros(DType::u8, {picture.rows, picture.columns});
  const std::span<std::uint8_t> masked = picture.masked.values<std::uint8_t>();
  bool hides = false;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    masked[k] = shares[k] == 0 ? 1 : 0;
    hides = hides || shares[k] < 1;
    if (picture.pooling == Pooling::mean && shares[k] > 0) cells[k] /= shares[k];
  }
  if (hides && picture.range.least == 0)
    picture.range.least = std::min(picture.range.least_positive, picture.range.greatest);
}

}  // namespace

template <class T>
void PlannedPictures<T>::pool(const AttentionTask<T>& task) {
  if (pooled_.empty()) return;
  do pool_weights(task, pooled_);
  while (request_->again(pooled_));
  for (PooledMatrix& picture : pooled_) take_masked_out(task, picture);
}

template class PlannedPictures<float>;
template class PlannedPictures<double>;

}  // namespace attn
