// Exponentials of rows of scores whose softmax is taken in two passes: first each row's greatest and sum, then weights.
#pragma once

#include <cstddef>

#include "kernels/tile.hpp"

namespace attn {

/// The kernels of one instruction set for element type T. Rows are read and written in whole vectors: what lies between
/// n and n rounded up to `lanes` is overwritten.
template <class T>
struct ExponentialKernels {
  /// The greatest of n scores (a NaN may be lost), −inf if there is none.
  T (*greatest)(T* row, std::size_t n) = nullptr;
  /// Σ exp(score − shift); NaN if one is.
  T (*sum)(T* row, std::size_t n, T shift) = nullptr;
  /// row ← exp(row − shift) · factor, exact to a few units in the last place, subnormal numbers included.
  void (*weigh)(T* row, std::size_t n, T shift, T factor) = nullptr;
};

/// Those of the instruction set that some tile kernels are made for.
const ExponentialKernels<float>& exponential_kernels(const TileKernels<float>& kernels);
const ExponentialKernels<double>& exponential_kernels(const TileKernels<double>& kernels);

}  // namespace attn
