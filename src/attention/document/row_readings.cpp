// Takes rows into their places, and reads whole tensors so.
#include "attention/document/row_readings.hpp"

#include <algorithm>
#include <string>

#include "attn/error.hpp"
#include "attn/kernels.hpp"

namespace attn {

template <class T>
RowReadings<T>::RowReadings(const Shape& rows, std::size_t keys, bool stats, std::size_t top,
                            const PoolingKernels<T>* kernels)
    : keys_(keys), kernels_(kernels) {
  if (stats)
    for (const RowStat& stat : row_stat_table)
      readings_.stats.push_back({std::string(stat.name), Tensor(dtype_of<T>, rows)});
  if (top == 0) return;
  TopKeys& keys_of_rows = readings_.top.emplace();
  keys_of_rows.count = std::min(top, keys);
  Shape shape = rows;
  shape.push_back(keys_of_rows.count);
  keys_of_rows.weights = Tensor(dtype_of<T>, std::move(shape));
  keys_of_rows.keys.resize(keys_of_rows.weights.size());
}

template <class T>
void RowReadings<T>::take(std::size_t row, std::size_t begin, std::span<const T> weights, QueryPlace place) {
  if (!readings_.stats.empty()) {
    const RowStats stats = row_stats(weights, begin, keys_, place, kernels_);
    for (std::size_t s = 0; s < readings_.stats.size(); ++s)
      readings_.stats[s].tensor.template values<T>()[row] = static_cast<T>(stats.*row_stat_table[s].value);
  }
  if (!readings_.top) return;
  TopKeys& top = *readings_.top;
  strongest_keys(weights, begin, keys_, std::span(top.keys).subspan(row * top.count, top.count),
                 top.weights.template values<T>().data() + row * top.count);
}

template class RowReadings<float>;
template class RowReadings<double>;

namespace {

template <class T>
WeightReadings read(const Tensor& weights, bool stats, std::size_t top, std::size_t first_query) {
  const Shape rows(weights.shape().begin(), weights.shape().end() - 1);
  const std::size_t queries = weights.extent(-2), keys = weights.extent(-1);
  RowReadings<T> readings(rows, keys, stats, top, choose_kernel_set(std::nullopt, "").template pooling<T>());
  const std::size_t count = keys == 0 ? 0 : weights.size() / keys;
  for (std::size_t row = 0; row < count; ++row)
    readings.take(row, 0, weights.values<T>().subspan(row * keys, keys),
                  {static_cast<std::int64_t>(first_query + row % queries)});
  return readings.release();
}

}  // namespace

WeightReadings read_weights(const Tensor& weights, bool stats, std::size_t top, std::size_t first_query) {
  if (weights.rank() < 2 || weights.size() == 0)
    throw data_error("", "a tensor of shape " + shape_text(weights.shape()) + " has no rows of weights");
  return weights.dtype() == DType::f64 ? read<double>(weights, stats, top, first_query)
                                       : read<float>(weights, stats, top, first_query);
}

}  // namespace attn
