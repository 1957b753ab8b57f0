// Differences of matrices that have the same shape.
#include <algorithm>
#include <utility>
#include <xtensor/xarray.hpp>
#include <xtensor/xmath.hpp>

#include "attn/selection.hpp"
#include "core/xt.hpp"

namespace attn {

double subtract(Tensor& matrix, const Tensor& other) {
  const xt::xarray<float> difference = as_xt<float>(std::as_const(matrix)) - as_xt<float>(other);
  std::copy(difference.begin(), difference.end(), matrix.values<float>().begin());
  const xt::xarray<float> finite = xt::where(xt::isfinite(difference), xt::abs(difference), 0.0F);
  return static_cast<double>(xt::amax(finite)());
}

}  // namespace attn
