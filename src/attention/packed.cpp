// Packs keys and values, and finds the values that are not finite.
#include "attention/packed.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/parallel.hpp"
#include "core/rounding.hpp"

namespace attn {
namespace {

constexpr std::size_t keys_a_task = 1024;  // a multiple of every panel

// NaN and infinity have all bits of the exponent set; in integers the loop vectorises.
template <class T>
bool row_is_finite(const T* row, std::size_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  Bits unbounded = 0;
  for (std::size_t i = 0; i < n; ++i) unbounded |= Bits((std::bit_cast<Bits>(row[i]) & exponent) == exponent);
  return unbounded == 0;
}

template <class T>
std::vector<std::size_t> find_unbounded(MatrixView<const T> values) {
  std::vector<std::size_t> keys;
  for (std::size_t j = 0; j < values.rows; ++j)
    if (!row_is_finite(values.row(j), values.cols)) keys.push_back(j);
  return keys;
}

}  // namespace

template <class T>
void pack_values(PackedHead<T>& head, MatrixView<const T> values, Scratch<T>& packed, const TileKernels<T>& kernels) {
  head.unbounded_keys = find_unbounded(values);
  if (head.unbounded_keys.empty() && values.cols % kernels.lanes == 0) {
    head.values = values.data;
    head.value_stride = values.row_stride;
    head.value_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel);
    return;
  }
  const std::size_t size = values.rows * round_up(values.cols, kernels.panel);
  if (packed.size() < size) packed = Scratch<T>(size);
  kernels.pack(values, packed.data());
  head.values = packed.data();
  head.value_stride = static_cast<std::ptrdiff_t>(kernels.panel);
  head.value_panel_stride = static_cast<std::ptrdiff_t>(values.rows * kernels.panel);
  for (std::size_t& j : head.unbounded_keys) {
    for (std::size_t c = 0; c < values.cols; ++c) {
      const std::size_t at = c / kernels.panel * values.rows * kernels.panel + j * kernels.panel + c % kernels.panel;
      if (!std::isfinite(packed.data()[at])) packed.data()[at] = T(0);
    }
    j += static_cast<std::size_t>(head.first_key);
  }
}

template <class T>
PackedHeads<T>::PackedHeads(const AttentionTask<T>& task, const TileKernels<T>& kernels, std::size_t threads)
    : kv_heads_(task.key.heads),
      keys_(task.key.batch * task.key.heads * round_up(task.key.rows, kernels.panel) * task.key.cols),
      heads_(task.key.batch * task.key.heads) {
  const std::size_t keys_a_head = round_up(task.key.rows, kernels.panel) * task.key.cols;
  const std::size_t chunks = std::max<std::size_t>(1, divide_up(task.key.rows, keys_a_task));
  values_.reserve(heads_.size());
  for (std::size_t head = 0; head < heads_.size(); ++head) values_.emplace_back(0);

  parallel_for(heads_.size() * chunks, threads, [&](std::size_t index, std::size_t) {
    const std::size_t head = index / chunks, chunk = index % chunks;
    const std::size_t b = head / kv_heads_, kv_head = head % kv_heads_;
    const MatrixView<const T> all = task.key.at(b, kv_head);
    const std::size_t first = chunk * keys_a_task;
    const MatrixView<const T> part{all.row(first), std::min(keys_a_task, all.rows - first), all.cols, all.row_stride};
    kernels.pack_transposed(part, keys_.data() + head * keys_a_head + first * all.cols);
    if (chunk != 0) return;
    heads_[head].keys = keys_.data() + head * keys_a_head;
    if (task.value.data != nullptr) pack_values(heads_[head], task.value.at(b, kv_head), values_[head], kernels);
  });
}

template class PackedHeads<float>;
template class PackedHeads<double>;
template void pack_values(PackedHead<float>&, MatrixView<const float>, Scratch<float>&, const TileKernels<float>&);
template void pack_values(PackedHead<double>&, MatrixView<const double>, Scratch<double>&, const TileKernels<double>&);

}  // namespace attn
