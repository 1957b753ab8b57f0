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

// A bias depends on key − query alone: one row of L + S − 1 numbers a head, which each query reads one place further
// left. With a bias of the document's own, the sum is a matrix.
template <class T>
void Problem<T>::add_relative_bias(const AttentionOptions& options) {
  if (!options.pipeline.relative_bias) return;
  const RelativeBias& relative = *options.pipeline.relative_bias;
  if (relative.heads != dims.heads)
    throw usage_error(option_name("heads"), std::to_string(dims.heads) +
                                                " heads, but the layer's relative position bias has " +
                                                std::to_string(relative.heads));
  if (dims.queries == 0 || dims.keys == 0) return;
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
  const BroadcastView<T> own = task.pipeline.bias;
  const BroadcastView<T> moving{by_head.data() + (dims.queries - 1),
                                {0, static_cast<std::ptrdiff_t>(distances), -1, 1}};
  if (own.data == nullptr) {
    relative_bias_ = std::move(by_head);  // keeps its memory, and so the view
    task.pipeline.bias = moving;
    return;
  }
  const std::size_t batch = own.strides[0] == 0 ? 1 : dims.batch;
  Budget budget(options.execution.max_memory);
  budget.add("the sum of both biases", {batch, dims.heads, dims.queries, dims.keys}, sizeof(T), true);
  budget.check();
  relative_bias_.resize(batch * dims.heads * dims.queries * dims.keys);
  T* sum = relative_bias_.data();
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t h = 0; h < dims.heads; ++h) {
      for (std::size_t i = 0; i < dims.queries; ++i) {
        const T *const given = own.row(b, h, i), *const by_distance = moving.row(b, h, i);
        for (std::size_t j = 0; j < dims.keys; ++j)
          *sum++ = given[static_cast<std::ptrdiff_t>(j) * own.strides[3]] + by_distance[j];
      }
    }
  }
  const auto step = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
  task.pipeline.bias = {relative_bias_.data(),
                        {batch == 1 ? 0 : step(dims.heads * dims.queries * dims.keys), step(dims.queries * dims.keys),
                         step(dims.keys), 1}};
}

template void Problem<float>::add_relative_bias(const AttentionOptions&);
template void Problem<double>::add_relative_bias(const AttentionOptions&);

}  // namespace attn
