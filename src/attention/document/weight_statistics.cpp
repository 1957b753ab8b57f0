// Room for the statistics and strongest keys of all rows, and one row's way into it.
#include "attention/document/weight_statistics.hpp"

#include <algorithm>

#include "attention/document/row_stats.hpp"
#include "attention/engine/score_pipeline.hpp"

namespace attn {

template <class T>
std::size_t WeightStatistics<T>::top_count(const Dims& dims, const AttentionOptions& options) {
  return std::min(options.wanted.top, dims.keys);
}

template <class T>
void WeightStatistics<T>::budget(const Dims& dims, const AttentionOptions& options, Budget& budget) {
  const auto shaped = [&](std::size_t count) {
    Shape shape = dims.shape_of(Stage::lse);
    shape.push_back(count);
    return shape;
  };
  if (options.wanted.stats) budget.add("stats", shaped(row_stat_table.size()), sizeof(T));
  if (options.wanted.top != 0) budget.add("top", shaped(top_count(dims, options)), sizeof(T) + sizeof(std::size_t));
}

template <class T>
void WeightStatistics<T>::attach(Problem<T>& problem, const AttentionOptions& options) {
  if (!options.wanted.stats && options.wanted.top == 0) return;
  problem_ = &problem;
  problem.task.wanted.weight_rows = this;
  if (options.wanted.stats)
    for (const RowStat& stat : row_stat_table)
      stats_.push_back({std::string(stat.name), Tensor(dtype_of<T>, problem.dims.shape_of(Stage::lse))});
  if (options.wanted.top == 0) return;
  top_.emplace();
  top_->count = top_count(problem.dims, options);
  Shape shape = problem.dims.shape_of(Stage::lse);
  shape.push_back(top_->count);
  top_->weights = Tensor(dtype_of<T>, std::move(shape));
  top_->keys.resize(top_->weights.size());
}

// Where a query stands among the keys, as a causal mask and ALiBi count it.
template <class T>
std::int64_t WeightStatistics<T>::position(std::size_t b, std::size_t i) const {
  return static_cast<std::int64_t>(problem_->rows.first + i) + alibi_offset(problem_->task, b);
}

template <class T>
void WeightStatistics<T>::take_row(std::size_t b, std::size_t h, std::size_t i, std::size_t begin,
                                   std::span<const T> weights) {
  const Dims& dims = problem_->dims;
  const std::size_t row = (b * dims.heads + h) * dims.queries + i;
  if (!stats_.empty()) {
    const RowStats stats = row_stats(weights, begin, dims.keys, position(b, i));
    for (std::size_t s = 0; s < stats_.size(); ++s)
      stats_[s].tensor.template values<T>()[row] = static_cast<T>(stats.*row_stat_table[s].value);
  }
  if (top_)
    strongest_keys(weights, begin, dims.keys, std::span(top_->keys).subspan(row * top_->count, top_->count),
                   top_->weights.template values<T>().data() + row * top_->count);
}

template <class T>
void WeightStatistics<T>::release(Result& result) {
  result.stats = std::move(stats_);
  result.top = std::move(top_);
}

template class WeightStatistics<float>;
template class WeightStatistics<double>;

}  // namespace attn
