// Differences of matrices that have the same shape, in the place of the first.
#include <algorithm>
#include <cmath>
#include <xtensor/xadapt.hpp>
#include <xtensor/xnoalias.hpp>

#include "attn/selection.hpp"
#include "core/xt.hpp"

namespace attn {
namespace {

template <class T, class U>
double subtracted(Tensor& matrix, const Tensor& other) {
  auto difference = as_xt<T>(matrix);
  xt::noalias(difference) -= as_xt<U>(other);
  T greatest = 0;
  for (const T value : matrix.values<T>())
    if (std::isfinite(value)) greatest = std::max(greatest, std::abs(value));
  return static_cast<double>(greatest);
}

}  // namespace

double subtract(Tensor& matrix, const Tensor& other) {
  const bool is_wide = matrix.dtype() == DType::f64 || other.dtype() == DType::f64;
  if (!is_wide) return subtracted<float, float>(matrix, other);
  if (matrix.dtype() != DType::f64) matrix = matrix.as(DType::f64);
  return other.dtype() == DType::f64 ? subtracted<double, double>(matrix, other)
                                     : subtracted<double, float>(matrix, other);
}

}  // namespace attn
