// The norms of one row, with sums in double precision.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace attn {

/// Σ term(x[c]) over a row. Partial sums, that vectors can hold: the order is the same on every machine.
template <class T, class Term>
double sum_of_row(const T* x, std::size_t width, Term term) {
  constexpr std::size_t lanes = 16;
  std::array<double, lanes> sums{};
  std::size_t c = 0;
  for (; c + lanes <= width; c += lanes)
    for (std::size_t i = 0; i < lanes; ++i) sums[i] += term(static_cast<double>(x[c + i]));
  double sum = 0;
  for (; c < width; ++c) sum += term(static_cast<double>(x[c]));
  for (const double part : sums) sum += part;
  return sum;
}

template <class T>
double mean_of(const T* x, std::size_t width) {
  return sum_of_row(x, width, [](double value) { return value; }) / static_cast<double>(width);
}

/// x ← (x − mean) / √(mean((x − mean)²) + epsilon) · weight + bias of `width` numbers: LayerNorm (arXiv:1607.06450), or
/// with mean 0 RMSNorm (arXiv:1910.07467). No weight: ones; no bias: zeros.
template <class T>
void norm_row(T* x, std::size_t width, double mean, double epsilon, const double* weight, const double* bias) {
  const double squares = sum_of_row(x, width, [mean](double value) { return (value - mean) * (value - mean); });
  const double factor = 1 / std::sqrt(squares / static_cast<double>(width) + epsilon);
  for (std::size_t c = 0; c < width; ++c) {
    const double normed = (static_cast<double>(x[c]) - mean) * factor * (weight == nullptr ? 1 : weight[c]);
    x[c] = static_cast<T>(bias == nullptr ? normed : normed + bias[c]);
  }
}

}  // namespace attn
