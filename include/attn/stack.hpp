// Arrays of one run of a model, one a layer or one a step of generation, as one tensor.
#pragma once

#include <cstddef>
#include <vector>

#include "attn/document.hpp"
#include "attn/tensor.hpp"

namespace attn {

struct StackedArrays {
  Tensor tensor;
  Tensor masked;              ///< (L, S) of u8: cells that no array has, which are 0; no elements if each has all
  std::size_t first_row = 0;  ///< the key that stands at the place of the first row; 0 but for steps
};

/// One array as it is. Several of one shape, (B, H, L, S), (H, L, S) or (L, S), are layers: (layers, B, H, L, S) with
/// axes of length 1 for those that are not there. Several that differ are steps of generation, of rank 2 to 5: all
/// axes but the last two are the same, and each step has the keys of the step before and one more for each of its
/// queries, or, over an encoder's output, the same keys and one query; so are several of (layers, B, H, 1, S). Their
/// rows follow each other, with as many keys as the last step. Throws Error (data, at the name of the array) for arrays
/// that are neither, and for types that differ, but for float32 beside float64, which become float64.
StackedArrays stack_arrays(std::vector<NamedTensor> arrays);

}  // namespace attn
