// Asks for the pictures' plan, and pools until it is followed.
#include "attention/document/planned_pictures.hpp"

#include <algorithm>

#include "attention/document/emitted_tensors.hpp"
#include "attention/pooling/picture_tiles.hpp"
#include "core/boxes.hpp"

namespace attn {

template <class T>
bool masks_cells(const Problem<T>& problem) {
  return !problem.shown.unrestricted() &&
         (problem.task.pipeline.empty_row == EmptyRow::zero || problem.empty_rows == 0);
}
template bool masks_cells(const Problem<float>&);
template bool masks_cells(const Problem<double>&);

template <class T>
PlannedPictures<T>::PlannedPictures(const Problem<T>& problem, const AttentionOptions& options, const Budget& spent)
    : request_(options.wanted.pictures), plan_(RunPlan::of(options, problem.dims.axes.projects)) {
  if (request_ == nullptr || plan_.emits(Stage::weights)) return;
  const Dims& dims = problem.dims;
  RunPlan whole = RunPlan::with_weights(options, dims.axes.projects);
  Budget with_weights = spent;
  EmittedTensors<T>::budget(problem, whole, options, with_weights);
  pooled_ = request_->plan({.batch = dims.batch,
                            .heads = dims.heads,
                            .queries = dims.queries,
                            .keys = dims.keys,
                            .tokens = problem.tokens,
                            .key_tokens = problem.key_tokens,
                            .first_query = problem.rows.first,
                            .fits = with_weights.fits()});
  if (pooled_.empty()) plan_ = std::move(whole);
}

template <class T>
void PlannedPictures<T>::add_to(Budget& budget, const Dims& dims) const {
  if (pooled_.empty()) return;
  // A cell, and when it is drawn its number as float64, a copy of that to find the colours' end, and three bytes of
  // colour.
  constexpr std::size_t bytes_of_cell = sizeof(float) + 2 * sizeof(double) + 3;
  for (const PooledMatrix& picture : pooled_) budget.add("a picture", {picture.rows, picture.columns}, bytes_of_cell);
  budget.add("the rows' sums", {dims.batch, dims.heads, dims.queries, 3}, sizeof(T));
}

namespace {

// The matrices that a picture is of, without those whose mask another one has.
PictureMembers masked_members(const BoundMask& mask, const PooledMatrix& picture) {
  PictureMembers members(picture, mask.shape().batch, mask.shape().heads);
  if (!mask.varies_by_batch()) members.batch_items.resize(1);
  if (!mask.varies_by_head()) members.heads_of_each.resize(1);
  return members;
}

// The keys that query `i` sees in any of the members: sorted and disjoint.
void visible_keys(const BoundMask& mask, const PictureMembers& members, std::size_t i, std::vector<KeyRange>& ranges) {
  ranges.clear();
  std::vector<KeyRange> of_one;
  for (const std::size_t b : members.batch_items)
    for (const std::size_t h : members.heads_of_each) {
      mask.row(b, h, i, of_one);
      ranges.insert(ranges.end(), of_one.begin(), of_one.end());
    }
  std::ranges::sort(ranges, {}, &KeyRange::begin);
  std::size_t kept = 0;
  for (const KeyRange& range : ranges) {
    if (kept != 0 && range.begin <= ranges[kept - 1].end)
      ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
    else
      ranges[kept++] = range;
  }
  ranges.resize(kept);
}

// The share of each cell's area that the mask shows, of some of its rows.
std::vector<float> visible_shares(const BoundMask& mask, const PictureMembers& members, std::size_t first,
                                  std::size_t count, const PooledMatrix& picture) {
  const std::size_t keys = mask.shape().keys;
  const std::vector<Place> rows = places(count, picture.rows), columns = places(keys, picture.columns);
  std::vector<double> area(picture.rows * picture.columns);
  std::vector<KeyRange> ranges;
  const auto add = [&](std::size_t row, std::size_t column, std::size_t units) {
    area[row * picture.columns + column] += static_cast<double>(units);
  };
  for (std::size_t i = 0; i < count; ++i) {
    visible_keys(mask, members, first + i, ranges);
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

// What is hidden takes no part in a cell: neither as zeros in its mean, nor in the range of the weights, where it has a
// cell to itself. Of several matrices that a picture reduces, that is what is hidden in all of them.
template <class T>
void take_masked_out(const Problem<T>& problem, PooledMatrix& picture) {
  const BoundMask& mask = problem.shown;
  const PictureMembers members = masked_members(mask, picture);
  const std::size_t queries = problem.dims.queries;
  std::vector<float> shares;
  if (mask.shape().queries == queries && members.batch_items.size() * members.heads_of_each.size() == 1) {
    const Tensor visible = mask.pool(members.batch_items[0], members.heads_of_each[0], picture.rows, picture.columns,
                                     Pooling::mean, problem.task.execution.threads);
    shares.assign(visible.values<float>().begin(), visible.values<float>().end());
  } else {
    shares = visible_shares(mask, members, problem.rows.first, queries, picture);
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
  // The least of several is 0 where one of them hides what another shows.
  const bool is_least =
      members.over_batch == AxisSelection::Kind::min || members.over_heads == AxisSelection::Kind::min;
  const bool has_zeros = is_least && members.batch_items.size() * members.heads_of_each.size() > 1;
  if (hides && !has_zeros && picture.range.least == 0)
    picture.range.least = std::min(picture.range.least_positive, picture.range.greatest);
}

}  // namespace

template <class T>
void PlannedPictures<T>::pool(const Problem<T>& problem) {
  if (pooled_.empty()) return;
  const bool is_masked = masks_cells(problem);
  do {
    pool_weights(problem.task, pooled_);
    if (is_masked)
      for (PooledMatrix& picture : pooled_) take_masked_out(problem, picture);
  } while (request_->again(pooled_));
}

template class PlannedPictures<float>;
template class PlannedPictures<double>;

}  // namespace attn
