// Presets' rules for the shapes of masks and biases.
#include "attention/document/mask_conventions.hpp"

#include <algorithm>
#include <limits>

#include "attn/conventions.hpp"

namespace attn {
namespace {

// (…, n) to (…, keys), with `filling` for the keys that are not there.
template <class T>
Tensor padded(const Tensor& tensor, std::size_t keys, T filling) {
  Shape shape = tensor.shape();
  const std::size_t width = shape.back();
  shape.back() = keys;
  Tensor wide(dtype_of<T>, std::move(shape));
  const T* from = tensor.values<T>().data();
  T* to = wide.values<T>().data();
  for (const T* const end = to + wide.size(); to != end; from += width) {
    to = std::copy_n(from, width, to);
    to = std::fill_n(to, keys - width, filling);
  }
  return wide;
}

template <class T>
Tensor arranged(const Tensor& tensor, const Dims& dims, std::size_t keys, const Conventions* like, T filling) {
  Shape shape = tensor.shape();
  if (like == nullptr || shape.empty()) return Tensor::view_of(tensor, shape);
  if (like->merged_rank3 && shape.size() == 3 && shape[0] == dims.batch * dims.heads)
    shape = {dims.batch, dims.heads, shape[1], shape[2]};
  Tensor view = Tensor::view_of(tensor, shape);
  // As ONNX Attention has it since version 24: a last axis of 1 is short too, and not broadcast.
  return like->pads_short_masks && shape.back() < keys ? padded(view, keys, filling) : std::move(view);
}

}  // namespace

Tensor kept_keys(const SourcedTensor& mask, const Dims& dims, const AttentionOptions& options) {
  const std::size_t keys = options.pipeline.mask_of_new ? dims.keys - dims.past : dims.keys;
  if (!options.pipeline.mask_means_drop)
    return arranged<std::uint8_t>(mask.tensor, dims, keys, options.pipeline.like, 0);
  Tensor kept = mask.tensor.clone();
  for (std::uint8_t& keep : kept.values<std::uint8_t>()) keep = keep == 0 ? 1 : 0;
  return arranged<std::uint8_t>(kept, dims, keys, options.pipeline.like, 0);
}

template <class T>
Tensor added_scores(const SourcedTensor& bias, const Dims& dims, const AttentionOptions& options) {
  return arranged<T>(bias.tensor, dims, dims.keys, options.pipeline.like, -std::numeric_limits<T>::infinity());
}

template Tensor added_scores<float>(const SourcedTensor&, const Dims&, const AttentionOptions&);
template Tensor added_scores<double>(const SourcedTensor&, const Dims&, const AttentionOptions&);

}  // namespace attn
