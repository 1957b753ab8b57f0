// Element by element: sums and multiples of hidden states.
#pragma once

#include <algorithm>
#include <cstddef>

#include "attn/error.hpp"
#include "attn/tensor.hpp"
#include "core/parallel.hpp"

namespace attn::model {

/// Calls `visit` with the elements of both, of the type that they have.
template <class Visit>
void with_values(Tensor& x, const Tensor& y, Visit visit) {
  if (x.dtype() == DType::f64) {
    visit(x.values<double>(), y.values<double>());
  } else {
    visit(x.values<float>(), y.values<float>());
  }
}

/// x ← x + factor·y, of one size; the factor is rounded to the type first.
inline void add(Tensor& x, const Tensor& y, double factor = 1, std::size_t threads = 1) {
  with_values(x, y, [factor, threads](auto to, auto from) {
    using T = std::remove_reference_t<decltype(to[0])>;
    const T by = static_cast<T>(factor);
    constexpr std::size_t block = 16384;
    parallel_for((to.size() + block - 1) / block, to.size() < elements_worth_threads ? 1 : threads,
                 [&](std::size_t task, std::size_t) {
                   const std::size_t end = std::min(to.size(), (task + 1) * block);
                   for (std::size_t i = task * block; i < end; ++i) to[i] += by == 1 ? from[i] : by * from[i];
                 });
  });
}

/// x ← factor·x; the factor is rounded to the type first.
inline void multiply(Tensor& x, double factor) {
  with_values(x, x, [factor](auto to, auto) {
    using T = std::remove_reference_t<decltype(to[0])>;
    for (T& value : to) value *= static_cast<T>(factor);
  });
}

/// Multiplies every row of x by a row, element by element.
inline void multiply_rows(Tensor& x, const Tensor& row) {
  with_values(x, row, [](auto to, auto by) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] *= by[i % by.size()];
  });
}

}  // namespace attn::model
