// Lays a case out in memory, runs it and collects the answer.
#include "attention/case.hpp"

#include <algorithm>

namespace attn::test {
namespace {

template <class T>
struct Strided {
  Strided(const Matrix& m, std::ptrdiff_t padding)
      : stride(static_cast<std::ptrdiff_t>(m.shape(1)) + padding),
        values(1 + m.shape(0) * static_cast<std::size_t>(stride), T(77)) {
    for (std::size_t i = 0; i < m.shape(0); ++i)
      for (std::size_t j = 0; j < m.shape(1); ++j)
        values[1 + i * static_cast<std::size_t>(stride) + j] = static_cast<T>(m(i, j));
    rows = m.shape(0);
    cols = m.shape(1);
  }
  template <class E>
  HeadsView<E> view() {
    return {.data = values.data() + 1,
            .batch = 1,
            .heads = 1,
            .rows = rows,
            .cols = cols,
            .batch_stride = 0,
            .head_stride = 0,
            .row_stride = stride};
  }
  Matrix matrix() const {
    Matrix m = Matrix::from_shape({rows, cols});
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < cols; ++j)
        m(i, j) = static_cast<double>(values[1 + i * static_cast<std::size_t>(stride) + j]);
    return m;
  }
  std::ptrdiff_t stride;
  std::size_t rows = 0, cols = 0;
  std::vector<T> values;
};

}  // namespace

template <class T>
Answer Case::run(const KernelSet& set, bool matrices) const {
  Strided<T> query(q, padding), key(k, padding), value(v, padding), added(bias, 0);
  const std::size_t queries = q.shape(0), keys = k.shape(0);
  const Matrix nothing = xt::zeros<double>({queries, keys});
  Strided<T> scores(nothing, padding), masked(nothing, padding), weights(nothing, padding), dropped(nothing, padding);
  Strided<T> output(Matrix(Matrix::from_shape({queries, v.shape(1)})), padding);
  std::vector<T> lse(queries), sinks(sink.begin(), sink.end());
  const BoundMask bound = mask.bind({.queries = queries, .keys = keys, .offsets = offsets});
  AttentionTask<T> task{
      .operands = {.query = query.template view<const T>(),
                   .key = key.template view<const T>(),
                   .value = value.template view<const T>()},
      .pipeline = {.scale = scale, .softcap = softcap, .mask = &bound, .sinks = sinks, .empty_row = empty_row},
      .wanted = {.output = output.template view<T>(), .lse = lse.data()},
      .execution = {.bf16_operands = bf16, .kernels = &set, .threads = threads}};
  if (bias.size() != 0) task.pipeline.bias = {added.values.data() + 1, {0, 0, added.stride, 1}};
  if (matrices) {
    task.wanted.scores = scores.template view<T>();
    task.wanted.masked = masked.template view<T>();
    task.wanted.weights = weights.template view<T>();
    task.wanted.dropped = dropped.template view<T>();
  }
  std::vector<std::uint8_t> bits(kept.size() / 8 + 1 + kept_bits_padding);
  for (std::size_t at = 0; at < kept.size(); ++at)
    bits[at / 8] = static_cast<std::uint8_t>(bits[at / 8] | kept[at] << at % 8);
  if (!kept.empty())
    task.pipeline.kept = {.bits = bits.data(), .heads = 1, .queries = queries, .keys = keys, .scale = kept_scale};
  attend(task);
  return {scores.matrix(),  masked.matrix(), weights.matrix(),
          dropped.matrix(), output.matrix(), {lse.begin(), lse.end()}};
}

Matrix Case::full_bias() const {
  const std::size_t queries = q.shape(0), keys = k.shape(0);
  Matrix full = Matrix::from_shape({queries, keys});
  std::vector<std::uint8_t> keep(queries * keys);
  mask.bind({.queries = queries, .keys = keys, .offsets = offsets}).fill(0, 0, keep);
  for (std::size_t at = 0; at < keep.size(); ++at)
    full.data()[at] = keep[at] ? (bias.size() != 0 ? bias.data()[at] : 0) : -std::numeric_limits<double>::infinity();
  return full;
}

template Answer Case::run<float>(const KernelSet&, bool) const;
template Answer Case::run<double>(const KernelSet&, bool) const;

bool same_bits(const Matrix& a, const Matrix& b) {
  return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin(), [](double x, double y) {
           return (x == y && std::signbit(x) == std::signbit(y)) || (std::isnan(x) && std::isnan(y));
         });
}

}  // namespace attn::test
