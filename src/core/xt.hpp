// Tensors as xtensor arrays: for reductions, broadcasting and transposes outside the kernels.
#pragma once

#include <xtensor/xadapt.hpp>

#include "attn/tensor.hpp"

namespace attn {

/// An xtensor view on a tensor's elements; it lives no longer than the tensor.
template <class T>
auto as_xt(const Tensor& tensor) {
  const auto values = tensor.values<T>();
  return xt::adapt(values.data(), values.size(), xt::no_ownership(), tensor.shape());
}

template <class T>
auto as_xt(Tensor& tensor) {
  const auto values = tensor.values<T>();
  return xt::adapt(values.data(), values.size(), xt::no_ownership(), tensor.shape());
}

}  // namespace attn
