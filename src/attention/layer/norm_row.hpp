// The norms of one row, with sums in double precision.
#pragma once

#include <cmath>
#include <cstddef>

namespace attn {

template <class T>
double mean_of(const T* row, std::size_t width) {
  double sum = 0;
  for (std::size_t c = 0; c < width; ++c) sum += static_cast<double>(row[c]);
  return sum / static_cast<double>(width);
}

/// x ← (x − mean) / √(mean((x − mean)²) + epsilon) · weight + bias of `width` numbers: LayerNorm (arXiv:1607.06450), or
/// with mean 0 RMSNorm (arXiv:1910.07467). No weight: ones; no bias: zeros.
template <class T>
void norm_row(T* x, std::size_t width, double mean, double epsilon, const double* weight, const double* bias) {
  double squares = 0;
  for (std::size_t c = 0; c < width; ++c) {
    const double centred = static_cast<double>(x[c]) - mean;
    squares += centred * centred;
  }
  const double factor = 1 / std::sqrt(squares / static_cast<double>(width) + epsilon);
  for (std::size_t c = 0; c < width; ++c) {
    const double normed = (static_cast<double>(x[c]) - mean) * factor * (weight == nullptr ? 1 : weight[c]);
    x[c] = static_cast<T>(bias == nullptr ? normed : normed + bias[c]);
  }
}

}  // namespace attn
