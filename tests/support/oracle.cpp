// The formula with xtensor, the plain float32 program, and the bound that its errors give.
#include "support/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

namespace attn::test {
namespace {

auto as_xt(const Matrix& m) { return xt::adapt(m.data(), m.size(), xt::no_ownership(), m.shape()); }

template <class Expression>
Matrix matrix_of(const Expression& expression) {
  const xt::xtensor<double, 2> values = expression;
  Matrix m = Matrix::zeros(values.shape(0), values.shape(1));
  std::copy(values.begin(), values.end(), m.begin());
  return m;
}

}  // namespace

Oracle oracle(const Matrix& queries, const Matrix& keys, const Matrix& values, double scale, const Matrix& bias) {
  using xt::all, xt::newaxis, xt::view;
  const auto q = as_xt(queries), k = as_xt(keys), v = as_xt(values);
  const xt::xtensor<double, 2> scores =
      scale * xt::sum(view(q, all(), newaxis(), all()) * view(k, newaxis(), all(), all()), {2});
  const xt::xtensor<double, 2> masked = scores + as_xt(bias);
  const xt::xtensor<double, 1> peak = xt::amax(masked, {1});
  const xt::xtensor<double, 1> shift = xt::where(xt::isinf(peak), 0.0, peak);
  const xt::xtensor<double, 2> exponentials = xt::exp(masked - view(shift, all(), newaxis()));
  const xt::xtensor<double, 1> sum = xt::sum(exponentials, {1});
  const xt::xtensor<double, 1> lse = shift + xt::log(sum);
  const xt::xtensor<double, 2> weights =
      exponentials / view(xt::where(xt::equal(sum, 0.0), 1.0, sum), all(), newaxis());
  const xt::xtensor<double, 2> output =
      xt::sum(view(weights, all(), all(), newaxis()) * view(v, newaxis(), all(), all()), {1});
  return {matrix_of(scores), matrix_of(masked), matrix_of(weights), matrix_of(output), {lse.begin(), lse.end()}};
}

Naive naive(const Matrix& q, const Matrix& k, const Matrix& v, float scale, const Matrix& bias) {
  const std::size_t queries = q.shape(0), keys = k.shape(0);
  Naive n{Matrix::zeros(queries, keys), Matrix::zeros(queries, v.shape(1))};
  std::vector<float> row(keys);
  for (std::size_t i = 0; i < queries; ++i) {
    float peak = -std::numeric_limits<float>::infinity();
    for (std::size_t j = 0; j < keys; ++j) {
      float sum = 0;
      for (std::size_t c = 0; c < q.shape(1); ++c) sum += static_cast<float>(q(i, c)) * static_cast<float>(k(j, c));
      row[j] = sum * scale + static_cast<float>(bias(i, j));
      peak = std::max(peak, row[j]);
    }
    float total = 0;
    for (float& x : row) total += x = std::isinf(peak) ? 0.0F : std::exp(x - peak);
    for (std::size_t j = 0; j < keys; ++j)
      n.weights(i, j) = static_cast<double>(row[j] = total == 0 ? 0 : row[j] / total);
    for (std::size_t c = 0; c < v.shape(1); ++c) {
      float sum = 0;
      for (std::size_t j = 0; j < keys; ++j) sum += row[j] * static_cast<float>(v(j, c));
      n.output(i, c) = static_cast<double>(sum);
    }
  }
  return n;
}

double contract_bound(const Matrix& naive, const Matrix& reference) {
  double rounding = 0;
  for (const double x : reference) {
    const float f = static_cast<float>(x);
    const volatile float shifted = f + 0.3F;
    rounding = std::max(rounding, static_cast<double>(std::abs((shifted - 0.3F) - f)));
  }
  // With a handful of elements both terms can be next to nothing by luck: a unit in the last place of the
  // greatest element is always allowed.
  double greatest = 0;
  for (const double x : reference) greatest = std::max(greatest, std::abs(x));
  const double unit = greatest * static_cast<double>(std::numeric_limits<float>::epsilon());
  return std::max(unit, 2 * max_difference(naive, reference) + 2 * rounding);
}

}  // namespace attn::test
