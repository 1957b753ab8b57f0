// One pass over a row for its sums, one with a heap for its strongest keys; sums in double precision, in order.
#include "attention/document/row_stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace attn {
namespace {

constexpr double sparse_below = 1e-6;

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

}  // namespace

template <class T>
RowStats row_stats(std::span<const T> weights, std::size_t begin, std::size_t keys, QueryPlace place) {
  RowStats stats;
  double information = 0, distance = 0;  // Σ w·ln w, Σ w·|position − key|
  std::size_t dense = 0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double w = static_cast<double>(weights[j]);
    if (w == 0) continue;
    stats.row_sum += w;
    information += w * std::log(w);
    distance += w * static_cast<double>(std::abs(place.position - static_cast<std::int64_t>(begin + j)));
    stats.peak = std::max(stats.peak, w);
    dense += w < sparse_below ? 0 : 1;
  }
  if (std::isnan(stats.row_sum)) {
    for (const RowStat& stat : row_stat_table) stats.*stat.value = std::numeric_limits<double>::quiet_NaN();
    return stats;
  }
  stats.sparsity = keys == 0 ? 0 : static_cast<double>(keys - dense) / static_cast<double>(keys);
  if (stats.row_sum == 0) return stats;
  // −Σ p·ln p with p = w / Σw; rounding must not make it less than nothing.
  stats.entropy = std::max(0.0, std::log(stats.row_sum) - information / stats.row_sum);
  stats.effective_keys = std::exp(stats.entropy);
  if (begin <= place.first_key && place.first_key - begin < weights.size())
    stats.first_key_share = static_cast<double>(weights[place.first_key - begin]) / stats.row_sum;
  stats.mean_distance = distance / stats.row_sum;
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

template RowStats row_stats(std::span<const float>, std::size_t, std::size_t, QueryPlace);
template RowStats row_stats(std::span<const double>, std::size_t, std::size_t, QueryPlace);
template void strongest_keys(std::span<const float>, std::size_t, std::size_t, std::span<std::size_t>, float*);
template void strongest_keys(std::span<const double>, std::size_t, std::size_t, std::span<std::size_t>, double*);

}  // namespace attn
