// The numbers of a panel, in their own floating-point type.
#pragma once

#include <utility>

#include "attn/tensor.hpp"

namespace attn {

/// What `use` gives for the elements, a span of float or double; bytes become float32 first.
template <class Use>
decltype(auto) with_values(Tensor& tensor, const Use& use) {
  if (tensor.dtype() == DType::f64) return use(tensor.values<double>());
  if (tensor.dtype() == DType::u8) tensor = tensor.as(DType::f32);
  return use(tensor.values<float>());
}

}  // namespace attn
