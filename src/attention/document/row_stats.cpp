// One pass over a row for its sums, one with a heap for its strongest keys; sums as row_sums.hpp has them.
#include "attention/document/row_stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace attn {
namespace {

// The least number of T that is no less than kSparseBelow.
template <class T>
T dense_from() {
  const T near = static_cast<T>(kSparseBelow);
  return static_cast<double>(near) < kSparseBelow ? std::nextafter(near, T(1)) : near;
}

// Below such a sum, subnormal weights may count, whose logarithms kernels do not know.
constexpr double least_sum_of_kernels = 0x1p-60;

template <class T>
struct Strength {
  T weight;
  std::size_t key;
};

template <class T>
bool stronger(const Strength<T>& a, const Strength<T>& b) {
  if (std::isnan(a.weight) != std::isnan(b.weight)) return std::isnan(a.weight);
  if (a.weight != b.weight && !std::isnan(a.weight)) return a.weight > b.weight;
  return a.key < b.key;
}

template <class T>
RowSums sums_by_element(std::span<const T> weights, std::int64_t first_distance) {
  RowSums sums;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double w = static_cast<double>(weights[j]);
    if (w == 0) continue;
    sums.weight += w;
    sums.information += w * std::log(w);
    sums.distance += w * static_cast<double>(std::abs(first_distance + static_cast<std::int64_t>(j)));
    sums.greatest = std::max(sums.greatest, w);
    sums.dense += w < kSparseBelow ? 0 : 1;
  }
  return sums;
}

template <class T>
RowSums sums_of(std::span<const T> weights, std::int64_t first_distance, const PoolingKernels<T>* kernels) {
  if (kernels != nullptr) {
    const RowSums sums =
        kernels->row_sums(weights.data(), weights.size(), static_cast<double>(first_distance), dense_from<T>());
    if (sums.is_plain && sums.weight >= least_sum_of_kernels && std::isfinite(sums.weight)) return sums;
  }
  return sums_by_element(weights, first_distance);
}

}  // namespace

template <class T>
RowStats row_stats(std::span<const T> weights, std::size_t begin, std::size_t keys, QueryPlace place,
                   const PoolingKernels<T>* kernels) {
  const RowSums sums = sums_of(weights, static_cast<std::int64_t>(begin) - place.position, kernels);
  RowStats stats;
  stats.row_sum = sums.weight;
  stats.peak = sums.greatest;
  if (std::isnan(stats.row_sum)) {
    for (const RowStat& stat : row_stat_table) stats.*stat.value = std::numeric_limits<double>::quiet_NaN();
    return stats;
  }
  stats.sparsity = keys == 0 ? 0 : static_cast<double>(keys - sums.dense) / static_cast<double>(keys);
  if (stats.row_sum == 0) return stats;
  // −Σ p·ln p with p = w / Σw; rounding must not make it less than nothing.
  stats.entropy = std::max(0.0, std::log(stats.row_sum) - sums.information / stats.row_sum);
  stats.effective_keys = std::exp(stats.entropy);
  if (begin <= place.first_key && place.first_key - begin < weights.size())
    stats.first_key_share = static_cast<double>(weights[place.first_key - begin]) / stats.row_sum;
  stats.mean_distance = sums.distance / stats.row_sum;
  return stats;
}

template <class T>
void strongest_keys(std::span<const T> weights, std::size_t begin, std::size_t all_keys, std::span<std::size_t> keys,
                    T* strengths) {
  if (keys.empty()) return;
  std::vector<Strength<T>> heap;  // the weakest on top
  heap.reserve(keys.size());
  const auto offer = [&](T weight, std::size_t key) {
    const Strength<T> next{weight, key};
    if (heap.size() == keys.size()) {
      if (!stronger(next, heap.front())) return;
      std::pop_heap(heap.begin(), heap.end(), stronger<T>);
      heap.pop_back();
    }
    heap.push_back(next);
    std::push_heap(heap.begin(), heap.end(), stronger<T>);
  };
  for (std::size_t j = 0; j < weights.size(); ++j)
    if (heap.size() < keys.size() || !(weights[j] <= heap.front().weight)) offer(weights[j], begin + j);
  // The zeros around them: of each side, the first are enough.
  const std::size_t end = begin + weights.size();
  for (std::size_t key = 0; key < std::min(begin, keys.size()); ++key) offer(T(0), key);
  for (std::size_t key = end; key < std::min(all_keys, end + keys.size()); ++key) offer(T(0), key);
  std::sort(heap.begin(), heap.end(), stronger<T>);
  for (std::size_t place = 0; place < heap.size(); ++place) {
    keys[place] = heap[place].key;
    strengths[place] = heap[place].weight;
  }
}

template RowStats row_stats(std::span<const float>, std::size_t, std::size_t, QueryPlace, const PoolingKernels<float>*);
template RowStats row_stats(std::span<const double>, std::size_t, std::size_t, QueryPlace,
                            const PoolingKernels<double>*);
template void strongest_keys(std::span<const float>, std::size_t, std::size_t, std::span<std::size_t>, float*);
template void strongest_keys(std::span<const double>, std::size_t, std::size_t, std::span<std::size_t>, double*);

}  // namespace attn
