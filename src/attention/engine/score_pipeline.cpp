// Scales, softcap, bias, ALiBi and mask on a tile of scores; empty rows and values that are not finite.
#include "attention/engine/score_pipeline.hpp"

#include <algorithm>

#include "attention/engine/narrow.hpp"

namespace attn {
namespace {

// The values of a row's key/value head, one at a time.
template <class T>
class ValuesOf {
 public:
  ValuesOf(const AttentionTask<T>& task, const RowPlace& at)
      : of_(task.operands.value), is_narrow_(task.operands.narrow_value.data != nullptr) {
    const std::size_t kv_head = task.operands.kv_head(at.h);
    if (is_narrow_) {
      narrow_ = narrow_rows(of_, task.operands.narrow_value, at.b, kv_head);
    } else {
      wide_ = of_.at(at.b, kv_head);
    }
  }
  std::size_t keys() const { return of_.rows; }
  std::size_t cols() const { return of_.cols; }
  T operator()(std::size_t j, std::size_t c) const {
    return is_narrow_ ? static_cast<T>(widened(narrow_.row(j), static_cast<std::ptrdiff_t>(c))) : wide_.row(j)[c];
  }

 private:
  const HeadsView<const T>& of_;
  bool is_narrow_;
  MatrixView<const T> wide_;
  NarrowRows narrow_;
};

double dropout_factor(const KeptWeights& kept, const RowPlace& at, std::size_t j) {
  if (kept.bits == nullptr) return 1;
  return kept.has(kept.row(at.b, at.h, at.query()) + j) ? kept.scale : 0;
}

// A bias of −inf masks whatever the score is: NaN − inf would be NaN.
template <class T>
T biased(T score, T bias) {
  return bias == minus_infinity<T> ? bias : score + bias;
}

// ALiBi on row r.
template <class T>
void add_distances(const AttentionTask<T>& task, const ScoreTile<T>& tile, std::size_t r) {
  const T slope = task.pipeline.alibi_slopes[tile.h];
  const std::size_t i = task.operands.first_query + tile.first_row + r;
  T* const row = tile.row(r);
  if (task.pipeline.query_positions.data != nullptr) {
    const double p = task.pipeline.query_positions.of(tile.b)[i];
    const double* const keys = task.pipeline.key_positions.of(tile.b);
    for (std::int64_t k = tile.begin; k < tile.end; ++k)
      row[k - tile.begin] -= slope * static_cast<T>(std::abs(p - keys[k]));
    return;
  }
  const std::int64_t p = static_cast<std::int64_t>(i) + alibi_offset(task, tile.b);
  for (std::int64_t k = tile.begin; k < tile.end; ++k)
    row[k - tile.begin] -= slope * static_cast<T>(p > k ? p - k : k - p);
}

}  // namespace

template <class T>
void apply_scales(const AttentionTask<T>& task, const ScoreTile<T>& tile) {
  if (!task.pipeline.scales_vary()) return;
  for (std::size_t r = tile.r0; r < tile.r1; ++r) {
    const std::size_t i = task.operands.first_query + tile.first_row + r;
    const T scale = static_cast<T>(task.pipeline.scale_of(tile.b, tile.h, i));
    T* const row = tile.row(r);
    for (std::int64_t j = 0; j < tile.end - tile.begin; ++j) row[j] *= scale;
  }
}

template <class T>
void apply_softcap(const AttentionTask<T>& task, const TileKernels<T>& kernels, const ScoreTile<T>& tile) {
  if (task.pipeline.softcap == 0) return;
  for (std::size_t r = tile.r0; r < tile.r1; ++r)
    kernels.softcap(tile.row(r), static_cast<std::size_t>(tile.end - tile.begin),
                    static_cast<T>(task.pipeline.softcap));
}

template <class T>
void apply_bias(const AttentionTask<T>& task, const ScoreTile<T>& tile) {
  for (std::size_t r = tile.r0; r < tile.r1; ++r) {
    const std::size_t i = tile.first_row + r;
    T* row = tile.row(r);
    if (task.pipeline.bias.data != nullptr) {
      const std::ptrdiff_t step = task.pipeline.bias.strides[3];
      const T* bias = task.pipeline.bias.row(tile.b, tile.h, i) + tile.begin * step;
      const std::int64_t n = tile.end - tile.begin;
      if (step == 1) {
        for (std::int64_t j = 0; j < n; ++j) row[j] = biased(row[j], bias[j]);
      } else {
        for (std::int64_t j = 0; j < n; ++j) row[j] = biased(row[j], bias[j * step]);
      }
    }
    if (!task.pipeline.alibi_slopes.empty()) add_distances(task, tile, r);
  }
}

template <class T>
void apply_mask(const BlockRows& rows, const ScoreTile<T>& tile) {
  for (std::size_t r = tile.r0; r < tile.r1; ++r) {
    T* row = tile.row(r);
    rows.for_hidden(r, tile.begin, tile.end, [&](std::int64_t j0, std::int64_t j1) {
      std::fill(row + (j0 - tile.begin), row + (j1 - tile.begin), minus_infinity<T>);
    });
  }
}

template <class T>
bool row_is_empty(const AttentionTask<T>& task, const BlockRows& rows, const RowPlace& at) {
  if (task.pipeline.bias.data == nullptr) return rows.row(at.r).empty();
  const T* bias = task.pipeline.bias.row(at.b, at.h, at.query());
  for (const KeyRange range : rows.row(at.r))
    for (std::int64_t j = range.begin; j < range.end; ++j)
      if (bias[j * task.pipeline.bias.strides[3]] != minus_infinity<T>) return false;
  return true;
}

template <class T>
void add_non_finite_values(const AttentionTask<T>& task, const PackedHead<T>& head, const BlockRows& rows,
                           const RowPlace& at, KeyRange keys, const T* weights, T* out) {
  const ValuesOf<T> values(task, at);
  const T* bias = task.pipeline.bias.data == nullptr ? nullptr : task.pipeline.bias.row(at.b, at.h, at.query());
  rows.for_shown(at.r, keys.begin, keys.end, [&](std::int64_t j0, std::int64_t j1) {
    auto key = std::lower_bound(head.non_finite_keys.begin(), head.non_finite_keys.end(), static_cast<std::size_t>(j0));
    for (; key != head.non_finite_keys.end() && *key < static_cast<std::size_t>(j1); ++key) {
      const std::int64_t j = static_cast<std::int64_t>(*key);
      if (bias != nullptr && bias[j * task.pipeline.bias.strides[3]] == minus_infinity<T>) continue;
      const T weight = head.kernels->weight(weights, static_cast<std::size_t>(j - keys.begin));
      for (std::size_t c = 0; c < values.cols(); ++c)
        if (const T v = head.kernels->operand(values(*key, c)); !std::isfinite(v))
          out[head.place_of(*head.kernels, c, values.cols())] += weight * v;
    }
  });
}

template <class T>
void fill_empty_output(const AttentionTask<T>& task, EmptyRow rule, const RowPlace& at, T* out) {
  const ValuesOf<T> values(task, at);
  const T fill = rule == EmptyRow::nan ? std::numeric_limits<T>::quiet_NaN() : T(0);
  std::fill(out, out + values.cols(), fill);
  if (rule != EmptyRow::uniform || values.keys() == 0) return;
  for (std::size_t c = 0; c < values.cols(); ++c) {
    double sum = 0;
    for (std::size_t j = 0; j < values.keys(); ++j)
      sum += dropout_factor(task.pipeline.kept, at, j) * static_cast<double>(values(j, c));
    out[c] = static_cast<T>(sum / static_cast<double>(values.keys()));
  }
}

#define ATTN_INSTANTIATE(T)                                                                            \
  template void apply_scales(const AttentionTask<T>&, const ScoreTile<T>&);                            \
  template void apply_softcap(const AttentionTask<T>&, const TileKernels<T>&, const ScoreTile<T>&);    \
  template void apply_bias(const AttentionTask<T>&, const ScoreTile<T>&);                              \
  template void apply_mask(const BlockRows&, const ScoreTile<T>&);                                     \
  template bool row_is_empty(const AttentionTask<T>&, const BlockRows&, const RowPlace&);              \
  template void add_non_finite_values(const AttentionTask<T>&, const PackedHead<T>&, const BlockRows&, \
                                      const RowPlace&, KeyRange, const T*, T*);                        \
  template void fill_empty_output(const AttentionTask<T>&, EmptyRow, const RowPlace&, T*);
ATTN_INSTANTIATE(float)
ATTN_INSTANTIATE(double)
#undef ATTN_INSTANTIATE

}  // namespace attn
