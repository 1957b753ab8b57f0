// Keys and values that come after all others: nn.MultiheadAttention's add_bias_kv and add_zero_attn.
#include <algorithm>

#include "attention/document/budget.hpp"
#include "attention/document/problem.hpp"
#include "core/option_name.hpp"

namespace attn {
namespace {

// The shape of a bias that is broadcast as `bias` is, except over the keys.
template <class T>
Shape widened_shape(const BroadcastView<T>& bias, const Dims& dims) {
  Shape shape{dims.batch, dims.heads, dims.queries, dims.keys};
  for (const std::size_t axis : {0U, 1U, 2U})
    if (bias.strides[axis] == 0) shape[axis] = std::min<std::size_t>(shape[axis], 1);
  return shape;
}

// A bias over all but the appended keys as one over all, which leaves the appended ones as they are.
template <class T>
Tensor widened(const BroadcastView<T>& bias, const Dims& dims) {
  const Shape shape = widened_shape(bias, dims);
  Tensor wide(dtype_of<T>, shape);
  T* to = wide.values<T>().data();
  for (std::size_t b = 0; b < shape[0]; ++b)
    for (std::size_t h = 0; h < shape[1]; ++h)
      for (std::size_t i = 0; i < shape[2]; ++i) {
        const T* const from = bias.row(b, h, i);
        for (std::size_t j = 0; j < dims.keys - dims.appended; ++j)
          *to++ = from[static_cast<std::ptrdiff_t>(j) * bias.strides[3]];
        to = std::fill_n(to, dims.appended, T{0});
      }
  return wide;
}

// The strides of a C-ordered (B, H, L, S) tensor that has extent 1 where it is broadcast.
std::array<std::ptrdiff_t, 4> broadcast_strides(const Shape& shape) {
  std::array<std::ptrdiff_t, 4> strides{};
  std::ptrdiff_t stride = 1;
  for (std::size_t axis = 4; axis-- > 0;) {
    if (shape[axis] != 1) strides[axis] = stride;
    stride *= static_cast<std::ptrdiff_t>(shape[axis]);
  }
  return strides;
}

// (B, K, S, D) with its last rows from `row(r)`, (K·D) each, or zeros where that is null.
template <class T, class Row>
void join(HeadsView<const T>& view, const Dims& dims, Tensor& all, const Row& row) {
  all = Tensor(dtype_of<T>, {dims.batch, dims.kv_heads, dims.keys, view.cols});
  T* to = all.values<T>().data();
  for (std::size_t b = 0; b < dims.batch; ++b)
    for (std::size_t h = 0; h < dims.kv_heads; ++h) {
      for (std::size_t i = 0; i < view.rows; ++i) to = std::copy_n(view.at(b, h).row(i), view.cols, to);
      for (std::size_t r = 0; r < dims.appended; ++r) {
        const T* const from = row(r);
        to = from == nullptr ? std::fill_n(to, view.cols, T{0}) : std::copy_n(from + h * view.cols, view.cols, to);
      }
    }
  const HeadsView<T> joined = dense_view<T>(all, dims, dims.kv_heads, dims.keys, view.cols);
  view = {joined.data, joined.batch,        joined.heads,       joined.rows,
          joined.cols, joined.batch_stride, joined.head_stride, joined.row_stride};
}

}  // namespace

template <class T>
void Problem<T>::append_keys(std::vector<AppendedKey<T>> appended) {
  if (appended.empty()) return;
  if (!task.pipeline.alibi_slopes.empty())
    throw usage_error(option_name("alibi"), "has no distance for the appended " + appended.front().label + " key");
  appended_ = std::move(appended);
  const std::size_t count = appended_.size();
  if (key_tokens.empty()) key_tokens = tokens;
  for (std::size_t j = 0; key_tokens.size() < dims.keys; ++j) key_tokens.push_back(std::to_string(j));
  for (const AppendedKey<T>& key : appended_) key_tokens.push_back(key.label);
  mask = mask.with_appended(count);
  dims.keys += count;
  dims.appended = count;
}

template <class T>
void Problem<T>::add_appended_keys_to(Budget& budget) const {
  if (dims.appended == 0) return;
  budget.add("all keys", {dims.batch, dims.kv_heads, dims.keys, dims.depth}, sizeof(T));
  budget.add("all values", {dims.batch, dims.kv_heads, dims.keys, dims.value_depth}, sizeof(T));
  if (task.pipeline.bias.data != nullptr)
    budget.add("the bias of all keys", widened_shape(task.pipeline.bias, dims), sizeof(T));
}

template <class T>
void Problem<T>::join_appended_keys() {
  if (dims.appended == 0) return;
  if (task.pipeline.bias.data != nullptr) {
    appended_bias_ = widened(task.pipeline.bias, dims);
    task.pipeline.bias = {appended_bias_.template values<T>().data(), broadcast_strides(appended_bias_.shape())};
  }
  join<T>(task.operands.key, dims, all_keys_, [&](std::size_t r) { return appended_[r].key; });
  join<T>(task.operands.value, dims, all_values_, [&](std::size_t r) { return appended_[r].value; });
}

template void Problem<float>::append_keys(std::vector<AppendedKey<float>>);
template void Problem<double>::append_keys(std::vector<AppendedKey<double>>);
template void Problem<float>::add_appended_keys_to(Budget&) const;
template void Problem<double>::add_appended_keys_to(Budget&) const;
template void Problem<float>::join_appended_keys();
template void Problem<double>::join_appended_keys();

}  // namespace attn
