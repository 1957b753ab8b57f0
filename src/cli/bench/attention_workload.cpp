// Attention of random queries, keys and values.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "attn/attention.hpp"
#include "attn/random.hpp"
#include "attn/task.hpp"
#include "cli/bench/workload.hpp"

namespace attn::cli {
namespace {

template <class T>
HeadsView<T> view_of(T* data, std::size_t batch, std::size_t heads, std::size_t rows, std::size_t cols) {
  const std::ptrdiff_t matrix = static_cast<std::ptrdiff_t>(rows * cols);
  return {data,   batch,
          heads,  rows,
          cols,   static_cast<std::ptrdiff_t>(heads) * matrix,
          matrix, static_cast<std::ptrdiff_t>(cols)};
}

// One row of attention with sums of type Sum, from left to right; with `magnitudes` of the values without their signs.
template <class Sum, class T>
std::vector<Sum> attend_row(const AttentionTask<T>& task, std::size_t b, std::size_t h, std::size_t i, std::size_t keys,
                            bool magnitudes = false) {
  const std::size_t kv_head = h / (task.operands.query.heads / task.operands.key.heads);
  const T* query = task.operands.query.at(b, h).row(i);
  std::vector<Sum> weights(keys), output(task.operands.value.cols, Sum(0));
  Sum peak = -std::numeric_limits<Sum>::infinity(), total = 0;
  for (std::size_t j = 0; j < keys; ++j) {
    const T* key = task.operands.key.at(b, kv_head).row(j);
    Sum sum = 0;
    for (std::size_t c = 0; c < task.operands.query.cols; ++c)
      sum += static_cast<Sum>(query[c]) * static_cast<Sum>(key[c]);
    weights[j] = sum * static_cast<Sum>(task.pipeline.scale);
    peak = std::max(peak, weights[j]);
  }
  for (Sum& weight : weights) total += weight = std::exp(weight - peak);
  for (std::size_t j = 0; j < keys; ++j) {
    const Sum weight = weights[j] / total;
    const T* value = task.operands.value.at(b, kv_head).row(j);
    for (std::size_t c = 0; c < output.size(); ++c)
      output[c] += weight * static_cast<Sum>(magnitudes ? std::abs(value[c]) : value[c]);
  }
  return output;
}

template <class T>
class AttentionWorkload : public Workload<T> {
 public:
  explicit AttentionWorkload(const BenchCase& config) : config_(config), stream_(Generator::torch, 0) {
    const auto [batch, heads, queries, keys, dim] =
        std::array{config.batch, config.heads, config.queries, config.keys, config.dim};
    query_ = stream_.randn({batch, heads, queries, dim}, dtype_of<T>);
    key_ = stream_.randn({batch, config.kv_heads, keys, dim}, dtype_of<T>);
    value_ = stream_.randn({batch, config.kv_heads, keys, dim}, dtype_of<T>);
    for (Tensor* operand : {&query_, &key_, &value_}) round_operands(*operand, config.dtype);
    output_ = Tensor(dtype_of<T>, {batch, heads, queries, dim});
    std::ranges::fill(output_.values<T>(), std::numeric_limits<T>::quiet_NaN());
    const Tensor &query = query_, &key = key_, &value = value_;
    task_.operands.query = view_of(query.values<T>().data(), batch, heads, queries, dim);
    task_.operands.key = view_of(key.values<T>().data(), batch, config.kv_heads, keys, dim);
    task_.operands.value = view_of(value.values<T>().data(), batch, config.kv_heads, keys, dim);
    task_.wanted.output = view_of(output_.values<T>().data(), batch, heads, queries, dim);
    task_.pipeline.scale = 1 / std::sqrt(static_cast<double>(dim));
    MaskShape shape{.batch = batch, .heads = heads, .queries = queries, .keys = keys};
    shape.offsets = {static_cast<std::int64_t>(config.offset())};
    mask_ = (config.causal ? Mask::causal() : Mask()).bind(shape);
    task_.pipeline.mask = &mask_;
    task_.execution.bf16_operands = config.dtype == Arithmetic::bf16;
    task_.execution.f16_operands = config.dtype == Arithmetic::f16;
    task_.execution.kernels = config.kernels;
    task_.execution.threads = config.threads;
    timed_ = task_;
    if (config.dtype == Arithmetic::f16) store_halves();
    if (config.mode == BenchMode::materialise) {
      weights_ = Tensor(dtype_of<T>, {batch, heads, queries, keys});
      timed_.wanted.weights = view_of(weights_.values<T>().data(), batch, heads, queries, keys);
    }
  }

  void run() override { attend(timed_); }
  std::size_t rows() const override { return config_.batch * config_.heads * config_.queries; }
  std::size_t rows_a_group() const override { return config_.queries; }
  const T* output_row(std::size_t row) const override {
    const Tensor& output = output_;
    return output.values<T>().data() + row * config_.dim;
  }
  std::vector<double> exact_row(std::size_t row) const override { return formula<double>(row); }
  std::vector<float> naive_row(std::size_t row) const override { return formula<float>(row); }
  // Each weight is rounded once.
  double rounding_on_the_way(std::size_t row) const override {
    constexpr double half_unit = 0x1p-8;
    return task_.execution.bf16_operands ? half_unit * std::ranges::max(formula<double>(row, true)) : 0;
  }

 private:
  // Keys and values as caches of float16 hold them.
  void store_halves() {
    key_halves_ = halves_of(key_);
    value_halves_ = halves_of(value_);
    timed_.operands.key.data = timed_.operands.value.data = nullptr;
    timed_.operands.narrow_key = {static_cast<const std::uint16_t*>(key_halves_.data()), DType::f16};
    timed_.operands.narrow_value = {static_cast<const std::uint16_t*>(value_halves_.data()), DType::f16};
  }

  template <class Sum>
  std::vector<Sum> formula(std::size_t row, bool magnitudes = false) const {
    const std::size_t i = row % config_.queries, head = row / config_.queries;
    const std::size_t keys = config_.causal ? std::min(config_.keys, i + 1 + config_.offset()) : config_.keys;
    return attend_row<Sum>(task_, head / config_.heads, head % config_.heads, i, keys, magnitudes);
  }

  BenchCase config_;
  RandomStream stream_;
  Tensor query_, key_, value_, output_, weights_, key_halves_, value_halves_;
  BoundMask mask_;
  AttentionTask<T> task_, timed_;  // of numbers of T; and as it is stored
};

}  // namespace

template <class T>
std::unique_ptr<Workload<T>> make_attention_workload(const BenchCase& config) {
  return std::make_unique<AttentionWorkload<T>>(config);
}
template std::unique_ptr<Workload<float>> make_attention_workload(const BenchCase&);
template std::unique_ptr<Workload<double>> make_attention_workload(const BenchCase&);

}  // namespace attn::cli
