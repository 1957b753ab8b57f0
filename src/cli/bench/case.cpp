// Builds a case's inputs, checks its result and times it.
#include "cli/bench/case.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "attn/attention.hpp"
#include "attn/random.hpp"
#include "core/memory.hpp"
#include "core/rounding.hpp"

namespace attn::cli {
namespace {

// Rows that are checked: enough that the greatest error of the plain program is no matter of luck.
constexpr std::size_t sampled_rows = 512;
constexpr std::size_t least_rows_a_head = 16;

template <class T>
HeadsView<T> view_of(T* data, std::size_t batch, std::size_t heads, std::size_t rows, std::size_t cols) {
  const std::ptrdiff_t matrix = static_cast<std::ptrdiff_t>(rows * cols);
  return {data,   batch,
          heads,  rows,
          cols,   static_cast<std::ptrdiff_t>(heads) * matrix,
          matrix, static_cast<std::ptrdiff_t>(cols)};
}

// One row of attention with sums of type Sum, from left to right.
template <class Sum, class T>
std::vector<Sum> plain_row(const AttentionTask<T>& task, std::size_t b, std::size_t h, std::size_t i,
                           std::size_t keys) {
  const std::size_t kv_head = h / (task.query.heads / task.key.heads);
  const T* query = task.query.at(b, h).row(i);
  std::vector<Sum> weights(keys), output(task.value.cols, Sum(0));
  Sum peak = -std::numeric_limits<Sum>::infinity(), total = 0;
  for (std::size_t j = 0; j < keys; ++j) {
    const T* key = task.key.at(b, kv_head).row(j);
    Sum sum = 0;
    for (std::size_t c = 0; c < task.query.cols; ++c) sum += static_cast<Sum>(query[c]) * static_cast<Sum>(key[c]);
    weights[j] = sum * static_cast<Sum>(task.scale);
    peak = std::max(peak, weights[j]);
  }
  for (Sum& weight : weights) total += weight = std::exp(weight - peak);
  for (std::size_t j = 0; j < keys; ++j) {
    const Sum weight = weights[j] / total;
    for (std::size_t c = 0; c < output.size(); ++c)
      output[c] += weight * static_cast<Sum>(task.value.at(b, kv_head).row(j)[c]);
  }
  return output;
}

template <class T>
class Runner {
 public:
  explicit Runner(const BenchCase& config) : config_(config), stream_(Generator::torch, 0) {
    query_ = draw(config.heads, config.queries);
    key_ = draw(config.kv_heads, config.keys);
    value_ = draw(config.kv_heads, config.keys);
    output_ = Tensor(dtype_of<T>, {config.batch, config.heads, config.queries, config.dim});
    task_.query = view_of<const T>(query_.values<T>().data(), config.batch, config.heads, config.queries, config.dim);
    task_.key = view_of<const T>(key_.values<T>().data(), config.batch, config.kv_heads, config.keys, config.dim);
    task_.value = view_of<const T>(value_.values<T>().data(), config.batch, config.kv_heads, config.keys, config.dim);
    task_.output = view_of<T>(output_.values<T>().data(), config.batch, config.heads, config.queries, config.dim);
    task_.scale = 1 / std::sqrt(static_cast<double>(config.dim));
    MaskShape shape{.batch = config.batch, .heads = config.heads, .queries = config.queries, .keys = config.keys};
    shape.offsets = {static_cast<std::int64_t>(offset())};
    mask_ = (config.causal ? Mask::causal() : Mask()).bind(shape);
    task_.mask = &mask_;
    task_.kernels = config.kernels;
    task_.threads = config.threads;
    if (config.mode == BenchMode::materialise) {
      weights_ = Tensor(dtype_of<T>, {config.batch, config.heads, config.queries, config.keys});
      task_.weights = view_of<T>(weights_.values<T>().data(), config.batch, config.heads, config.queries, config.keys);
    }
  }

  void attend_once() { attend(task_); }

  // Rows spread over the sequence, the last one included: block edges of every size fall among them.
  void check(BenchResult& result) const {
    double naive_error = 0, rounding = 0, largest = 0;
    const std::size_t rows_a_head =
        std::min(config_.queries, std::max(least_rows_a_head, divide_up(sampled_rows, config_.batch * config_.heads)));
    for (std::size_t b = 0; b < config_.batch; ++b) {
      for (std::size_t h = 0; h < config_.heads; ++h) {
        for (std::size_t s = 0; s < rows_a_head; ++s) {
          const std::size_t i = config_.queries - 1 - s * config_.queries / rows_a_head;
          const std::size_t keys = config_.causal ? std::min(config_.keys, i + 1 + offset()) : config_.keys;
          const std::vector<double> exact = plain_row<double>(task_, b, h, i, keys);
          const std::vector<float> naive = plain_row<float>(task_, b, h, i, keys);
          for (std::size_t c = 0; c < exact.size(); ++c) {
            const double got = static_cast<double>(task_.output.at(b, h).row(i)[c]);
            const double error = std::abs(got - exact[c]);
            result.max_error =
                std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(result.max_error, error);
            naive_error = std::max(naive_error, std::abs(static_cast<double>(naive[c]) - exact[c]));
            const float rounded = static_cast<float>(exact[c]);
            const volatile float shifted = rounded + 0.3F;
            rounding = std::max(rounding, static_cast<double>(std::abs((shifted - 0.3F) - rounded)));
            largest = std::max(largest, std::abs(exact[c]));
          }
        }
      }
    }
    result.error_bound = sizeof(T) == sizeof(double) ? 1e-12 * largest : 2 * naive_error + 2 * rounding;
    if (!(result.max_error <= result.error_bound)) {
      result.status = BenchResult::Status::wrong;
      result.reason = "the result is outside the error contract";
    }
  }

 private:
  // Queries are the last of the keys, as with a cache.
  std::size_t offset() const { return config_.keys > config_.queries ? config_.keys - config_.queries : 0; }

  Tensor draw(std::size_t heads, std::size_t rows) {
    return stream_.randn({config_.batch, heads, rows, config_.dim}, dtype_of<T>);
  }

  const BenchCase& config_;
  RandomStream stream_;
  Tensor query_, key_, value_, output_, weights_;
  BoundMask mask_;
  AttentionTask<T> task_;
};

template <class T>
void check_and_time(BenchResult& result, std::size_t warmup, std::size_t runs) {
  Runner<T> runner(result.config);
  runner.attend_once();
  runner.check(result);
  if (result.status == BenchResult::Status::ok) result.timing = time_runs(warmup, runs, [&] { runner.attend_once(); });
}

}  // namespace

std::string_view mode_name(BenchMode mode) { return mode == BenchMode::stream ? "stream" : "materialise"; }

double BenchCase::flops() const {
  const double queries_d = static_cast<double>(queries), keys_d = static_cast<double>(keys);
  const double offset = keys > queries ? keys_d - queries_d : 0;
  double visible = queries_d * keys_d;
  // The exact number of key ≤ query + offset, for queries that have fewer than all keys.
  if (causal) {
    visible = 0;
    for (std::size_t i = 0; i < queries; ++i) visible += std::min(keys_d, static_cast<double>(i) + 1 + offset);
  }
  return 4 * static_cast<double>(batch * heads) * visible * static_cast<double>(dim);
}

double BenchCase::bytes() const {
  const double element = static_cast<double>(dtype_size(dtype));
  const double rows = static_cast<double>(batch) *
                      (2 * static_cast<double>(heads * queries) + 2 * static_cast<double>(kv_heads * keys));
  const double matrix =
      mode == BenchMode::materialise ? static_cast<double>(batch * heads * queries) * static_cast<double>(keys) : 0;
  return element * (rows * static_cast<double>(dim) + matrix);
}

BenchResult run_case(const BenchCase& config, std::size_t warmup, std::size_t runs, std::uint64_t max_memory) {
  BenchResult result;
  result.config = config;
  // The packed keys are as large as the keys.
  const double needed = config.bytes() * 1.5;
  if (max_memory != 0 && needed > static_cast<double>(max_memory)) {
    result.status = BenchResult::Status::skipped;
    result.reason = "needs " + size_text(static_cast<std::uint64_t>(needed)) + " of memory";
    return result;
  }
  if (config.dtype == DType::f64) {
    check_and_time<double>(result, warmup, runs);
  } else {
    check_and_time<float>(result, warmup, runs);
  }
  return result;
}

}  // namespace attn::cli
