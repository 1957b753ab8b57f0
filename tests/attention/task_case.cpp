// Lays a case out in memory, runs it and collects the answer; and evaluates the formula by plain loops.
#include "attention/task_case.hpp"

#include <algorithm>
#include <limits>

#include "attn/random.hpp"
#include "core/half.hpp"
#include "kernels/bfloat16.hpp"

namespace attn::test {
namespace {

template <class T>
std::vector<T> as(const std::vector<double>& numbers) {
  std::vector<T> converted;
  for (const double number : numbers) converted.push_back(static_cast<T>(number));
  return converted;
}

// A matrix in memory; elements between rows are none of attn's.
template <class T>
struct Rows {
  Rows(const Matrix& m, std::ptrdiff_t padding)
      : rows(m.shape(0)),
        cols(m.shape(1)),
        start(static_cast<std::size_t>(padding)),
        stride(cols + start),
        values(start + rows * stride, T(77)) {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < cols; ++j) values[start + i * stride + j] = static_cast<T>(m(i, j));
  }
  T* data() { return values.data() + start; }
  template <class E>
  HeadsView<E> view(std::size_t batch, std::size_t heads) {
    const std::size_t head_rows = rows / (batch * heads);
    return {.data = data(),
            .batch = batch,
            .heads = heads,
            .rows = head_rows,
            .cols = cols,
            .batch_stride = static_cast<std::ptrdiff_t>(heads * head_rows * stride),
            .head_stride = static_cast<std::ptrdiff_t>(head_rows * stride),
            .row_stride = static_cast<std::ptrdiff_t>(stride)};
  }
  Matrix matrix() const {
    Matrix m = Matrix::zeros(rows, cols);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < cols; ++j) m(i, j) = static_cast<double>(values[start + i * stride + j]);
    return m;
  }
  std::size_t rows, cols, start, stride;
  std::vector<T> values;
};

// A case as a task, with the memory that the task is on.
template <class T>
struct LaidTask {
  LaidTask(const TaskCase& c, const KernelSet& set, TaskWants wants)
      : sizes(c.sizes),
        query(c.q, sizes.padding),
        key(c.k, sizes.padding),
        value(c.v, sizes.padding),
        bias(c.bias, 0),
        slopes(as<T>(c.slopes)),
        sinks(as<T>(c.sinks)),
        mask(c.bound()),
        kept(c.kept.size() / 8 + 1 + kept_bits_padding),
        scores(zeros(wants == TaskWants::stages ? sizes.keys : 0), sizes.padding),
        masked(scores),
        weights(zeros(wants != TaskWants::output ? sizes.keys : 0), sizes.padding),
        dropped(scores),
        output(zeros(sizes.value_depth), sizes.padding),
        lse(query.rows),
        task{.operands = {.query = query.template view<const T>(sizes.batch, sizes.heads),
                          .key = key.template view<const T>(sizes.batch, sizes.kv_heads),
                          .value = value.template view<const T>(sizes.batch, sizes.kv_heads)},
             .pipeline = {.scale = c.scale,
                          .softcap = c.softcap,
                          .alibi_slopes = slopes,
                          .mask = &mask,
                          .sinks = sinks,
                          .empty_row = c.empty_row},
             .execution = {.bf16_operands = c.operands == Operands::bf16,
                           .f16_operands = c.operands == Operands::f16,
                           .kernels = &set,
                           .threads = c.threads}} {
    if (c.bias.size() != 0) {
      const auto row = static_cast<std::ptrdiff_t>(sizes.keys), head = static_cast<std::ptrdiff_t>(sizes.queries) * row;
      task.pipeline.bias = {bias.data(), {static_cast<std::ptrdiff_t>(sizes.heads) * head, head, row, 1}};
      if (bias.rows == sizes.queries) task.pipeline.bias = {bias.data(), {0, 0, row, 1}};
    }
    for (std::size_t at = 0; at < c.kept.size(); ++at)
      kept[at / 8] = static_cast<std::uint8_t>(kept[at / 8] | c.kept[at] << at % 8);
    if (!c.kept.empty()) task.pipeline.kept = {kept.data(), sizes.heads, sizes.queries, sizes.keys, c.kept_scale};
    const auto numbers = [](const std::vector<double>& of, std::size_t places) {
      return PlaceNumbers{of.empty() ? nullptr : of.data(), of.size() > places ? places : 0};
    };
    task.pipeline.head_scales = c.head_scales;
    task.pipeline.query_scales = numbers(c.query_scales, sizes.queries);
    task.pipeline.query_positions = numbers(c.query_positions, sizes.queries);
    task.pipeline.key_positions = numbers(c.key_positions, sizes.keys);
    const auto wanted = [this](Rows<T>& rows) { return rows.template view<T>(sizes.batch, sizes.heads); };
    if (wants != TaskWants::weights) {
      task.wanted.output = wanted(output);
      task.wanted.lse = lse.data();
    }
    if (wants != TaskWants::output) task.wanted.weights = wanted(weights);
    if (wants == TaskWants::stages) {
      task.wanted.scores = wanted(scores);
      task.wanted.masked = wanted(masked);
      task.wanted.dropped = wanted(dropped);
    }
  }
  LaidTask(const LaidTask&) = delete;
  LaidTask& operator=(const LaidTask&) = delete;

  Matrix zeros(std::size_t columns) const { return Matrix::zeros(query.rows, columns); }

  TaskAnswer answer() const {
    return {.scores = scores.matrix(),
            .masked = masked.matrix(),
            .weights = weights.matrix(),
            .dropped = dropped.matrix(),
            .output = output.matrix(),
            .lse = {lse.begin(), lse.end()}};
  }

  TaskSizes sizes;
  Rows<T> query, key, value, bias;
  std::vector<T> slopes, sinks;
  BoundMask mask;
  std::vector<std::uint8_t> kept;
  Rows<T> scores, masked, weights, dropped, output;
  std::vector<T> lse;
  AttentionTask<T> task;
};

// Of a batch item's own numbers, or of those that all have.
double of_place(const std::vector<double>& numbers, std::size_t b, std::size_t place, std::size_t places) {
  return numbers[(numbers.size() > places ? b * places : 0) + place];
}

template <class Numbers>
bool all_same_bits(const Numbers& a, const Numbers& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return (x == y && std::signbit(x) == std::signbit(y)) || (std::isnan(x) && std::isnan(y));
  });
}

Matrix flat(const std::vector<double>& numbers) {
  Matrix m = Matrix::zeros(1, numbers.size());
  std::copy(numbers.begin(), numbers.end(), m.begin());
  return m;
}

}  // namespace

TaskCase::TaskCase(TaskSizes s, unsigned seed, double spread)
    : sizes(s),
      q(random_matrix(s.batch * s.heads * s.queries, s.depth, seed, spread)),
      k(random_matrix(s.batch * s.kv_heads * s.keys, s.depth, seed + 1000, spread)),
      v(random_matrix(s.batch * s.kv_heads * s.keys, s.value_depth, seed + 2000)),
      scale(s.depth == 0 ? 1 : 1 / std::sqrt(static_cast<double>(s.depth))) {}

template <class T>
TaskAnswer TaskCase::run(const KernelSet& set, TaskWants wants) const {
  LaidTask<T> laid(*this, set, wants);
  attend(laid.task);
  return laid.answer();
}

template <class T>
void TaskCase::pool(const KernelSet& set, std::span<PooledMatrix> pictures) const {
  LaidTask<T> laid(*this, set, TaskWants::output);
  laid.task.wanted = {};
  pool_weights(laid.task, pictures);
}

template <class T>
TaskAnswer TaskCase::formula() const {
  constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const BoundMask laid = bound();
  TaskAnswer answer{.weights = Matrix::zeros(q.shape(0), sizes.keys),
                    .output = Matrix::zeros(q.shape(0), sizes.value_depth)};
  std::vector<std::uint8_t> keep(sizes.queries * sizes.keys);
  std::vector<T> weights(sizes.keys);
  for (std::size_t b = 0; b < sizes.batch; ++b)
    for (std::size_t h = 0; h < sizes.heads; ++h) {
      laid.fill(b, h, keep);
      const std::size_t first = (b * sizes.kv_heads + h / (sizes.heads / sizes.kv_heads)) * sizes.keys;
      const std::int64_t offset = shape.offsets.size() == 1 ? shape.offsets[0] : shape.offsets[b];
      for (std::size_t i = 0; i < sizes.queries; ++i) {
        const std::size_t at = row(b, h, i);
        const double* added = bias.size() == 0 ? nullptr : &bias(bias.shape(0) == sizes.queries ? i : at, 0);
        const double own_scale = scale * (head_scales.empty() ? 1 : head_scales[h]) *
                                 (query_scales.empty() ? 1 : of_place(query_scales, b, i, sizes.queries));
        T peak = sinks.empty() ? -infinity : static_cast<T>(sinks[h]);
        for (std::size_t j = 0; j < sizes.keys; ++j) {
          weights[j] = -infinity;
          if (keep[i * sizes.keys + j] == 0 || (added != nullptr && std::isinf(added[j]))) continue;
          T score = 0;
          for (std::size_t c = 0; c < sizes.depth; ++c)
            score += static_cast<T>(q(at, c)) * static_cast<T>(k(first + j, c));
          score *= static_cast<T>(own_scale);
          if (softcap != 0) score = static_cast<T>(softcap) * std::tanh(score / static_cast<T>(softcap));
          if (added != nullptr) score += static_cast<T>(added[j]);
          if (!slopes.empty()) {
            const double distance =
                query_positions.empty()
                    ? static_cast<double>(static_cast<std::int64_t>(i) + offset) - static_cast<double>(j)
                    : of_place(query_positions, b, i, sizes.queries) - of_place(key_positions, b, j, sizes.keys);
            score -= static_cast<T>(slopes[h]) * static_cast<T>(std::abs(distance));
          }
          weights[j] = score;
          peak = std::max(peak, score);
        }
        const bool empty = peak == -infinity;
        T sum = empty || sinks.empty() ? 0 : std::exp(static_cast<T>(sinks[h]) - peak);
        for (T& x : weights) sum += x = empty ? 0 : std::exp(x - peak);
        for (std::size_t j = 0; j < sizes.keys; ++j) {
          T& x = weights[j];
          if (!empty) x /= sum;
          if (empty && empty_row == EmptyRow::nan) x = nan;
          if (empty && empty_row == EmptyRow::uniform) x = 1 / static_cast<T>(sizes.keys);
          answer.weights(at, j) = static_cast<double>(x);
          if (!kept.empty()) x *= static_cast<T>(kept[at * sizes.keys + j] != 0 ? kept_scale : 0);
        }
        for (std::size_t c = 0; c < sizes.value_depth; ++c) {
          T mixed = 0;
          double magnitude = 0;
          for (std::size_t j = 0; j < sizes.keys; ++j) {
            mixed += weights[j] * static_cast<T>(v(first + j, c));
            magnitude += std::abs(static_cast<double>(weights[j]) * v(first + j, c));
          }
          answer.output(at, c) = static_cast<double>(mixed);
          answer.mixed = std::max(answer.mixed, magnitude);
        }
        answer.lse.push_back(static_cast<double>(empty ? -infinity : peak + std::log(sum)));
      }
    }
  return answer;
}

TaskCase TaskCase::rounded(Operands to) const {
  TaskCase rounded = *this;
  for (Matrix* numbers : {&rounded.q, &rounded.k, &rounded.v})
    for (double& number : *numbers) {
      const auto x = static_cast<float>(number);
      if (to == Operands::bf16) number = static_cast<double>(bfloat16_rounded(x));
      if (to == Operands::f16) number = static_cast<double>(widen_half(narrow_to_half(x)));
    }
  return rounded;
}

BoundMask TaskCase::bound() const {
  MaskShape grid = shape;
  grid.batch = sizes.batch;
  grid.heads = sizes.heads;
  grid.queries = sizes.queries;
  grid.keys = sizes.keys;
  return mask.bind(grid);
}

Matrix TaskCase::full_bias() const {
  Matrix full = Matrix::zeros(sizes.queries, sizes.keys);
  std::vector<std::uint8_t> keep(sizes.queries * sizes.keys);
  bound().fill(0, 0, keep);
  for (std::size_t at = 0; at < keep.size(); ++at)
    full.data()[at] = keep[at] ? (bias.size() != 0 ? bias.data()[at] : 0) : -std::numeric_limits<double>::infinity();
  return full;
}

double max_difference(const std::vector<double>& a, const std::vector<double>& b) {
  return max_difference(flat(a), flat(b));
}

bool same_bits(const Matrix& a, const Matrix& b) { return a.shape() == b.shape() && all_same_bits(a, b); }
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) { return all_same_bits(a, b); }

template TaskAnswer TaskCase::run<float>(const KernelSet&, TaskWants) const;
template TaskAnswer TaskCase::run<double>(const KernelSet&, TaskWants) const;
template void TaskCase::pool<float>(const KernelSet&, std::span<PooledMatrix>) const;
template void TaskCase::pool<double>(const KernelSet&, std::span<PooledMatrix>) const;
template TaskAnswer TaskCase::formula<float>() const;
template TaskAnswer TaskCase::formula<double>() const;

}  // namespace attn::test
