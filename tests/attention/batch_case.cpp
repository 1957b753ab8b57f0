// Lays a batch case out in memory, and evaluates the formula by plain loops.
#include "attention/batch_case.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bfloat16.hpp"
#include "support/oracle.hpp"

namespace attn::test {
namespace {

std::vector<double> random_numbers(std::size_t count, unsigned seed) {
  const Matrix m = random_matrix(1, count, seed);
  return {m.begin(), m.end()};
}

template <class T>
std::vector<T> as(const std::vector<double>& numbers) {
  std::vector<T> converted;
  for (const double number : numbers) converted.push_back(static_cast<T>(number));
  return converted;
}

std::vector<double> widened(const std::vector<float>& numbers) { return {numbers.begin(), numbers.end()}; }
std::vector<double> widened(std::vector<double> numbers) { return numbers; }

template <class E, class T>
HeadsView<E> view(T* data, std::size_t batch, std::size_t heads, std::size_t rows, std::size_t cols) {
  return {.data = data,
          .batch = batch,
          .heads = heads,
          .rows = rows,
          .cols = cols,
          .batch_stride = static_cast<std::ptrdiff_t>(heads * rows * cols),
          .head_stride = static_cast<std::ptrdiff_t>(rows * cols),
          .row_stride = static_cast<std::ptrdiff_t>(cols)};
}

Matrix flat(const std::vector<double>& numbers) {
  Matrix m = Matrix::from_shape({1, numbers.size()});
  std::copy(numbers.begin(), numbers.end(), m.begin());
  return m;
}

}  // namespace

BatchCase::BatchCase(BatchSizes s, unsigned seed)
    : sizes(s),
      q(random_numbers(s.batch * s.heads * s.queries * s.depth, seed)),
      k(random_numbers(s.batch * s.kv_heads * s.keys * s.depth, seed + 1000)),
      v(random_numbers(s.batch * s.kv_heads * s.keys * s.value_depth, seed + 2000)),
      scale(1 / std::sqrt(static_cast<double>(s.depth))) {
  shape.batch = s.batch;
  shape.heads = s.heads;
  shape.queries = s.queries;
  shape.keys = s.keys;
}

std::vector<std::uint8_t> BatchCase::kept_bits() const {
  if (dropout == 0) return {};
  RandomStream stream(Generator::torch, 17);
  return stream.keep_bits(sizes.batch * sizes.heads, {0, sizes.queries, sizes.queries}, sizes.keys, dropout);
}

KeptWeights BatchCase::kept(const std::vector<std::uint8_t>& bits) const {
  if (bits.empty()) return {};
  return {bits.data(), sizes.heads, sizes.queries, sizes.keys, 1 / (1 - dropout)};
}

template <class T>
BatchAnswer BatchCase::run(const KernelSet& set, bool matrices, std::size_t threads, bool bf16) const {
  const BatchSizes& s = sizes;
  const std::vector<T> query = as<T>(q), key = as<T>(k), value = as<T>(v), added = as<T>(bias);
  const std::vector<T> alibi = as<T>(slopes), sink = as<T>(sinks);
  std::vector<T> weights(matrices ? s.batch * s.heads * s.queries * s.keys : 0);
  std::vector<T> output(s.batch * s.heads * s.queries * s.value_depth), lse(s.batch * s.heads * s.queries);
  const BoundMask laid = bound();
  const std::vector<std::uint8_t> bits = kept_bits();
  AttentionTask<T> task{
      .operands = {.query = view<const T>(query.data(), s.batch, s.heads, s.queries, s.depth),
                   .key = view<const T>(key.data(), s.batch, s.kv_heads, s.keys, s.depth),
                   .value = view<const T>(value.data(), s.batch, s.kv_heads, s.keys, s.value_depth)},
      .pipeline = {.scale = scale,
                   .softcap = softcap,
                   .alibi_slopes = alibi,
                   .mask = &laid,
                   .sinks = sink,
                   .empty_row = empty_row,
                   .kept = kept(bits)},
      .wanted = {.output = view<T>(output.data(), s.batch, s.heads, s.queries, s.value_depth), .lse = lse.data()},
      .execution = {.bf16_operands = bf16, .kernels = &set, .threads = threads}};
  const auto keys = static_cast<std::ptrdiff_t>(s.keys), queries = static_cast<std::ptrdiff_t>(s.queries);
  if (!added.empty())
    task.pipeline.bias = {added.data(),
                          {static_cast<std::ptrdiff_t>(s.heads) * queries * keys, queries * keys, keys, 1}};
  if (matrices) task.wanted.weights = view<T>(weights.data(), s.batch, s.heads, s.queries, s.keys);
  attend(task);
  return {widened(weights), widened(output), widened(lse)};
}

template <class T>
BatchAnswer BatchCase::formula() const {
  constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const BoundMask laid = bound();
  const std::vector<std::uint8_t> bits = kept_bits();
  const KeptWeights kept_weights = kept(bits);
  BatchAnswer answer;
  std::vector<std::uint8_t> keep(sizes.queries * sizes.keys);
  std::vector<T> row(sizes.keys);
  for (std::size_t b = 0; b < sizes.batch; ++b)
    for (std::size_t h = 0; h < sizes.heads; ++h) {
      laid.fill(b, h, keep);
      const std::size_t head = b * sizes.kv_heads + h / (sizes.heads / sizes.kv_heads);
      const double* keys = k.data() + head * sizes.keys * sizes.depth;
      const double* values = v.data() + head * sizes.keys * sizes.value_depth;
      const std::int64_t offset = shape.offsets.size() == 1 ? shape.offsets[0] : shape.offsets[b];
      for (std::size_t i = 0; i < sizes.queries; ++i) {
        const double* query = q.data() + at(b, h, i, sizes.depth);
        const double* added = bias.empty() ? nullptr : bias.data() + at(b, h, i, sizes.keys);
        T peak = sinks.empty() ? -infinity : static_cast<T>(sinks[h]);
        for (std::size_t j = 0; j < sizes.keys; ++j) {
          row[j] = -infinity;
          if (keep[i * sizes.keys + j] == 0 || (added != nullptr && std::isinf(added[j]))) continue;
          T score = 0;
          for (std::size_t c = 0; c < sizes.depth; ++c)
            score += static_cast<T>(query[c]) * static_cast<T>(keys[j * sizes.depth + c]);
          score *= static_cast<T>(scale);
          if (softcap != 0) score = static_cast<T>(softcap) * std::tanh(score / static_cast<T>(softcap));
          if (added != nullptr) score += static_cast<T>(added[j]);
          if (!slopes.empty())
            score -= static_cast<T>(slopes[h]) *
                     static_cast<T>(std::abs(static_cast<std::int64_t>(i) + offset - static_cast<std::int64_t>(j)));
          row[j] = score;
          peak = std::max(peak, score);
        }
        const bool empty = peak == -infinity;
        T sum = empty || sinks.empty() ? 0 : std::exp(static_cast<T>(sinks[h]) - peak);
        for (T& x : row) sum += x = empty ? 0 : std::exp(x - peak);
        for (T& x : row) {
          if (!empty) x /= sum;
          if (empty && empty_row == EmptyRow::nan) x = nan;
          if (empty && empty_row == EmptyRow::uniform) x = 1 / static_cast<T>(sizes.keys);
          answer.weights.push_back(static_cast<double>(x));
        }
        if (kept_weights.bits != nullptr)
          for (std::size_t j = 0; j < sizes.keys; ++j)
            row[j] *= static_cast<T>(kept_weights.has(kept_weights.row(b, h, i) + j) ? kept_weights.scale : 0);
        for (std::size_t c = 0; c < sizes.value_depth; ++c) {
          T mixed = 0;
          double magnitude = 0;
          for (std::size_t j = 0; j < sizes.keys; ++j) {
            mixed += row[j] * static_cast<T>(values[j * sizes.value_depth + c]);
            magnitude += std::abs(static_cast<double>(row[j]) * values[j * sizes.value_depth + c]);
          }
          answer.output.push_back(static_cast<double>(mixed));
          answer.mixed = std::max(answer.mixed, magnitude);
        }
        answer.lse.push_back(static_cast<double>(empty ? -infinity : peak + std::log(sum)));
      }
    }
  return answer;
}

BatchCase BatchCase::rounded() const {
  BatchCase rounded = *this;
  for (std::vector<double>* numbers : {&rounded.q, &rounded.k, &rounded.v})
    for (double& number : *numbers) number = static_cast<double>(bfloat16_rounded(static_cast<float>(number)));
  return rounded;
}

double greatest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  return max_difference(flat(a), flat(b));
}

double contract_bound(const std::vector<double>& naive, const std::vector<double>& reference) {
  std::vector<double> x = naive, y = reference;
  for (std::size_t n = 0; n < y.size(); ++n)
    if (std::isnan(y[n])) x[n] = y[n] = 0;  // rows that are NaN by rule have no error
  return contract_bound(flat(x), flat(y));
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) {
           return (x == y && std::signbit(x) == std::signbit(y)) || (std::isnan(x) && std::isnan(y));
         });
}

template BatchAnswer BatchCase::run<float>(const KernelSet&, bool, std::size_t, bool) const;
template BatchAnswer BatchCase::run<double>(const KernelSet&, bool, std::size_t, bool) const;
template BatchAnswer BatchCase::formula<float>() const;
template BatchAnswer BatchCase::formula<double>() const;

}  // namespace attn::test
