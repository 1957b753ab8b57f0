// Room for the statistics and strongest keys of all rows, and one row's way into it.
#include "attention/document/weight_statistics.hpp"

#include <algorithm>

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
  readings_ = RowReadings<T>(problem.dims.shape_of(Stage::lse), problem.dims.keys, options.wanted.stats,
                             options.wanted.top, problem.task.execution.kernels->template pooling<T>());
}

// Where a query stands among the keys, as a causal mask and ALiBi count it.
template <class T>
QueryPlace WeightStatistics<T>::place(std::size_t b, std::size_t i) const {
  const std::vector<std::int64_t>& starts = problem_->mask.shape().key_starts;
  return {static_cast<std::int64_t>(problem_->rows.first + i) + alibi_offset(problem_->task, b),
          starts.empty() ? 0 : static_cast<std::size_t>(starts[b])};
}

template <class T>
void WeightStatistics<T>::take_row(std::size_t b, std::size_t h, std::size_t i, std::size_t begin,
                                   std::span<const T> weights) {
  const Dims& dims = problem_->dims;
  const std::size_t row = (b * dims.heads + h) * dims.queries + i;
  readings_.take(row, begin, weights, place(b, i));
}

template <class T>
void WeightStatistics<T>::release(Result& result) {
  WeightReadings readings = readings_.release();
  result.stats = std::move(readings.stats);
  result.top = std::move(readings.top);
}

template class WeightStatistics<float>;
template class WeightStatistics<double>;

}  // namespace attn
