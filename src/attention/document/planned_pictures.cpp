// Asks for the pictures' plan, and pools until it is followed.
#include "attention/document/planned_pictures.hpp"

#include <algorithm>

#include "attention/document/emitted_tensors.hpp"
#include "core/boxes.hpp"

namespace attn {

template <class T>
bool masks_cells(const AttentionTask<T>& task) {
  const BoundMask* const mask = task.pipeline.mask;
  if (mask == nullptr || mask->unrestricted()) return false;
  constexpr std::size_t any = 64;
  return task.pipeline.empty_row == EmptyRow::zero || mask->stats(any, any, task.execution.threads).empty_rows == 0;
}
template bool masks_cells(const AttentionTask<float>&);
template bool masks_cells(const AttentionTask<double>&);

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

// The share of each cell's area that the mask shows, of some of its rows.
std::vector<float> visible_shares(const BoundMask& mask, std::size_t batch, std::size_t head, std::size_t first,
                                  std::size_t count, const PooledMatrix& picture) {
  const std::size_t keys = mask.shape().keys;
  const std::vector<Place> rows = places(count, picture.rows), columns = places(keys, picture.columns);
  std::vector<double> area(picture.rows * picture.columns);
  std::vector<KeyRange> ranges;
  const auto add = [&](std::size_t row, std::size_t column, std::size_t units) {
    area[row * picture.columns + column] += static_cast<double>(units);
  };
  for (std::size_t i = 0; i < count; ++i) {
    mask.row(batch, head, first + i, ranges);
    const Place& row = rows[i];
    const auto add_column = [&](std::size_t column, std::size_t units) {
      add(row.box, column, row.here * units);
      if (row.here < picture.rows) add(row.box + 1, column, (picture.rows - row.here) * units);
    };
    for (const KeyRange& range : ranges)
      for (auto j = static_cast<std::size_t>(range.begin); j < static_cast<std::size_t>(range.end); ++j) {
        add_column(columns[j].box, columns[j].here);
        if (columns[j].here < picture.columns) add_column(columns[j].box + 1, picture.columns - columns[j].here);
      }
  }
  const double whole = static_cast<double>(count) * static_cast<double>(keys);
  std::vector<float> shares(area.size());
  std::transform(area.begin(), area.end(), shares.begin(),
                 [whole](double visible) { return static_cast<float>(visible / whole); });
  return shares;
}

// What the mask hides takes no part in a cell: neither as zeros in its mean, nor in the range of the weights, where it
// has a cell to itself. A mask that differs between the heads that a picture reduces is left out.
template <class T>
void take_masked_out(const AttentionTask<T>& task, PooledMatrix& picture) {
  if (!masks_cells(task)) return;
  const BoundMask* const mask = task.pipeline.mask;
  if (!is_one(picture.batch) && mask->varies_by_batch()) return;
  if (!is_one(picture.head) && mask->varies_by_head()) return;
  const std::size_t batch = is_one(picture.batch) ? picture.batch.indices.front() : 0;
  const std::size_t head = is_one(picture.head) ? picture.head.indices.front() : 0;
  const std::size_t queries = task.operands.query.rows;
  std::vector<float> shares;
  if (mask->shape().queries == queries) {
    const Tensor visible =
        mask->pool(batch, head, picture.rows, picture.columns, Pooling::mean, task.execution.threads);
    shares.assign(visible.values<float>().begin(), visible.values<float>().end());
  } else {
    shares = visible_shares(*mask, batch, head, task.operands.first_query, queries, picture);
  }
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
