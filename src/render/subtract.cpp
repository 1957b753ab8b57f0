// Differences of matrices that have the same shape.
#include <algorithm>
#include <utility>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>

#include "attn/selection.hpp"
#include "core/xt.hpp"

namespace attn {
namespace {

template <class T>
double subtracted(Tensor& matrix, const Tensor& other) {
  const xt::xarray<T> difference = as_xt<T>(std::as_const(matrix)) - as_xt<T>(other);
  std::copy(difference.begin(), difference.end(), matrix.values<T>().begin());
  const xt::xarray<T> finite = xt::where(xt::isfinite(difference), xt::abs(difference), T{0});
  return static_cast<double>(xt::amax(finite)());
}

}  // namespace

double subtract(Tensor& matrix, const Tensor& other) {
  const bool is_wide = matrix.dtype() == DType::f64 || other.dtype() == DType::f64;
  if (!is_wide) return subtracted<float>(matrix, other);
  if (matrix.dtype() != DType::f64) matrix = matrix.as(DType::f64);
  return other.dtype() == DType::f64 ? subtracted<double>(matrix, other)
                                     : subtracted<double>(matrix, other.as(DType::f64));
}

}  // namespace attn
