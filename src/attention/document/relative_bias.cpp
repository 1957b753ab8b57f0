// T5's relative position bias, laid over the scores.
#include <algorithm>
#include <cmath>

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"
#include "core/option_name.hpp"

namespace attn {

std::size_t RelativeBias::bucket(std::int64_t distance) const {
  std::size_t count = buckets, first = 0;
  std::int64_t back = -distance;
  if (bidirectional) {
    count /= 2;
    if (distance > 0) first = count;
    back = std::abs(distance);
  } else {
    back = std::max<std::int64_t>(back, 0);
  }
  const std::size_t exact = count / 2;
  if (back < static_cast<std::int64_t>(exact)) return first + static_cast<std::size_t>(back);
  // In float32, as the models were trained: the bounds of the buckets hang on its rounding.
  const float whole = static_cast<float>(exact);
  const float share = std::log(static_cast<float>(back) / whole) /
                      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const auto farther = static_cast<std::size_t>(share * static_cast<float>(count - exact));
  return first + std::min(exact + farther, count - 1);
}

namespace {

std::ptrdiff_t step(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

// The distance of a key from a query by their positions, which must be whole.
std::int64_t whole_distance(double key, double query, const std::string& where) {
  const double distance = key - query;
  if (key != std::trunc(key) || query != std::trunc(query))
    throw data_error(where, "the relative position bias takes whole positions");
  return static_cast<std::int64_t>(distance);
}

}  // namespace

// A bias depends on key − query alone: one row of L + S − 1 numbers a head, which each query reads one place further
// left. By positions of the document it is a matrix.
template <class T>
void Problem<T>::add_relative_bias(const AttentionOptions& options) {
  if (!options.pipeline.relative_bias) return;
  const RelativeBias& relative = *options.pipeline.relative_bias;
  if (relative.heads != dims.heads)
    throw usage_error(option_name("heads"), std::to_string(dims.heads) +
                                                " heads, but the layer's relative position bias has " +
                                                std::to_string(relative.heads));
  if (dims.queries == 0 || dims.keys == 0) return;
  if (positions.queries.given()) return add_bias_of_positions(relative, options);
  const std::size_t distances = dims.queries + dims.keys - 1;
  std::vector<T> by_head(dims.heads * distances);
  for (std::size_t at = 0; at < distances; ++at) {
    // The last query comes first, at distance −(L − 1) of key 0 when nothing is cached.
    const std::int64_t distance = static_cast<std::int64_t>(at) - static_cast<std::int64_t>(dims.queries - 1) -
                                  static_cast<std::int64_t>(dims.past);
    const std::size_t bucket = relative.bucket(distance);
    for (std::size_t h = 0; h < dims.heads; ++h)
      by_head[h * distances + at] = static_cast<T>(relative.table[bucket * dims.heads + h]);
  }
  const BroadcastView<T> moving{by_head.data() + (dims.queries - 1), {0, step(distances), -1, 1}};
  add_to_bias(moving, std::move(by_head), options);
}

template <class T>
void Problem<T>::add_bias_of_positions(const RelativeBias& relative, const AttentionOptions& options) {
  const std::size_t batch = std::max(positions.queries.batch, positions.keys.batch);
  Budget budget(options.execution.max_memory);
  budget.add("the relative position bias", {batch, dims.heads, dims.queries, dims.keys}, sizeof(T));
  budget.check();
  std::vector<T> matrix(batch * dims.heads * dims.queries * dims.keys);
  const std::size_t head = dims.queries * dims.keys;
  for (std::size_t b = 0; b < batch; ++b)
    for (std::size_t i = 0; i < dims.queries; ++i)
      for (std::size_t j = 0; j < dims.keys; ++j) {
        const std::size_t bucket = relative.bucket(
            whole_distance(positions.keys.of(b)[j], positions.queries.of(b)[i], positions.queries.where));
        for (std::size_t h = 0; h < dims.heads; ++h)
          matrix[(b * dims.heads + h) * head + i * dims.keys + j] =
              static_cast<T>(relative.table[bucket * dims.heads + h]);
      }
  const BroadcastView<T> view{matrix.data(),
                              {batch == 1 ? 0 : step(dims.heads * head), step(head), step(dims.keys), 1}};
  add_to_bias(view, std::move(matrix), options);
}

// Of two biases the sum is a matrix. `added` is of the memory.
template <class T>
void Problem<T>::add_to_bias(const BroadcastView<T>& added, std::vector<T> memory, const AttentionOptions& options) {
  const BroadcastView<T> own = task.pipeline.bias;
  if (own.data == nullptr) {
    relative_bias_ = std::move(memory);  // keeps its memory, and so the view
    task.pipeline.bias = added;
    return;
  }
  const std::size_t batch = own.strides[0] == 0 && added.strides[0] == 0 ? 1 : dims.batch;
  Budget budget(options.execution.max_memory);
  budget.add("the sum of both biases", {batch, dims.heads, dims.queries, dims.keys}, sizeof(T));
  budget.check();
  relative_bias_.resize(batch * dims.heads * dims.queries * dims.keys);
  T* sum = relative_bias_.data();
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t h = 0; h < dims.heads; ++h) {
      for (std::size_t i = 0; i < dims.queries; ++i) {
        const T *const given = own.row(b, h, i), *const by_position = added.row(b, h, i);
        for (std::size_t j = 0; j < dims.keys; ++j) *sum++ = given[step(j) * own.strides[3]] + by_position[j];
      }
    }
  }
  task.pipeline.bias = {relative_bias_.data(),
                        {batch == 1 ? 0 : step(dims.heads * dims.queries * dims.keys), step(dims.queries * dims.keys),
                         step(dims.keys), 1}};
}

#define ATTN_INSTANTIATE(T)                                                                      \
  template void Problem<T>::add_relative_bias(const AttentionOptions&);                          \
  template void Problem<T>::add_bias_of_positions(const RelativeBias&, const AttentionOptions&); \
  template void Problem<T>::add_to_bias(const BroadcastView<T>&, std::vector<T>, const AttentionOptions&);
ATTN_INSTANTIATE(float)
ATTN_INSTANTIATE(double)
#undef ATTN_INSTANTIATE

}  // namespace attn
