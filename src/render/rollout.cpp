// Multiplies the layers' matrices, rows shared out among threads.
#include "attn/rollout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "core/option_name.hpp"
#include "core/parallel.hpp"

namespace attn {
namespace {

void check_shape(const Tensor& weights) {
  const Shape& shape = weights.shape();
  const std::string where = option_name("rollout");
  if (shape.size() != 5)
    throw usage_error(
        where, "is over layers: it needs (layers, batch, heads, L, L), or a file a layer, not " + shape_text(shape));
  if (shape[3] != shape[4])
    throw usage_error(where, "is of self-attention: " + std::to_string(shape[3]) + " queries and " +
                                 std::to_string(shape[4]) + " keys are no square");
  if (weights.size() == 0) throw usage_error(where, "has no weights in " + shape_text(shape));
}

// A row of every head as one, and half the residual.
template <class T>
class Layers {
 public:
  Layers(const Tensor& weights, RolloutFusion fusion)
      : values_(weights.values<T>()), heads_(weights.extent(2)), length_(weights.extent(4)), fusion_(fusion) {}

  // Row `i` of Â of one (layer, batch) pair.
  void row(std::size_t pair, std::size_t i, std::span<double> to) const {
    for (std::size_t h = 0; h < heads_; ++h) {
      const auto from = values_.subspan(((pair * heads_ + h) * length_ + i) * length_, length_);
      for (std::size_t j = 0; j < length_; ++j) {
        const auto weight = static_cast<double>(from[j]);
        if (weight < 0 || std::isinf(weight))
          throw usage_error(option_name("rollout"), "is of weights, and there is the number " + shortest(from[j]));
        to[j] = h == 0 ? weight : fused(to[j], weight);
      }
    }
    const double share = fusion_ == RolloutFusion::mean ? 0.5 / static_cast<double>(heads_) : 0.5;
    for (double& value : to) value *= share;
    to[i] += 0.5;
    const double sum = std::accumulate(to.begin(), to.end(), 0.0);
    for (double& value : to) value /= sum;
  }

 private:
  double fused(double a, double b) const {
    if (fusion_ == RolloutFusion::mean) return a + b;
    if (std::isnan(a) || std::isnan(b)) return a + b;
    return fusion_ == RolloutFusion::max ? std::max(a, b) : std::min(a, b);
  }

  std::span<const T> values_;
  std::size_t heads_;
  std::size_t length_;
  RolloutFusion fusion_;
};

// row · matrix into `to`.
void multiply(std::span<const double> row, std::span<const double> matrix, std::span<double> to) {
  std::fill(to.begin(), to.end(), 0.0);
  for (std::size_t k = 0; k < row.size(); ++k) {
    const double factor = row[k];
    const double* const from = matrix.data() + k * to.size();
    for (std::size_t j = 0; j < to.size(); ++j) to[j] += factor * from[j];
  }
}

template <class T>
Tensor rolled(const Tensor& weights, RolloutFusion fusion, std::size_t threads, std::size_t wanted) {
  const Layers<T> layers(weights, fusion);
  const std::size_t count = weights.extent(0), made = std::min(count, wanted), batch = weights.extent(1),
                    length = weights.extent(4);
  Tensor result(DType::f64, {count, batch, 1, length, length});
  const std::span<double> all = result.values<double>();
  const std::size_t size = length * length;
  std::ranges::fill(all.subspan(made * batch * size), std::numeric_limits<double>::quiet_NaN());
  std::vector<Phase> phases;
  for (std::size_t layer = 0; layer < made; ++layer)
    phases.push_back({batch * length, [&, layer](std::size_t task, std::size_t) {
                        const std::size_t pair = layer * batch + task / length, i = task % length;
                        const std::span<double> to = all.subspan(pair * size + i * length, length);
                        if (layer == 0) return layers.row(pair, i, to);
                        std::vector<double> row(length);
                        layers.row(pair, i, row);
                        multiply(row, all.subspan((pair - batch) * size, size), to);
                      }});
  const double flops = 2.0 * static_cast<double>(made * batch * size) * static_cast<double>(length);
  parallel_phases(threads > 1 && is_worth_threads(flops) ? threads : 1, phases);
  return result;
}

}  // namespace

Tensor rollout(const Tensor& weights, RolloutFusion fusion, std::size_t threads, std::size_t layers) {
  check_shape(weights);
  return weights.dtype() == DType::f64 ? rolled<double>(weights, fusion, threads, layers)
                                       : rolled<float>(weights, fusion, threads, layers);
}

}  // namespace attn
