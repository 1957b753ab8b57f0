// The formula in double precision with xtensor, and the error contract that float32 results must keep.
#pragma once

#include <cstddef>
#include <limits>
#include <random>
#include <vector>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

namespace attn::test {

using Matrix = xt::xtensor<double, 2>;

/// Normal numbers as float32 would hold them.
inline Matrix random_matrix(std::size_t rows, std::size_t cols, unsigned seed, double spread = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, spread);
  Matrix m = Matrix::from_shape({rows, cols});
  for (double& x : m) x = static_cast<double>(static_cast<float>(normal(engine)));
  return m;
}

struct Oracle {
  Matrix scores, masked, weights, output;
  xt::xtensor<double, 1> lse;
};

/// softmax(q·kᵀ·scale + bias)·v; a bias of −inf masks, and a row without keys is 0.
inline Oracle oracle(const Matrix& q, const Matrix& k, const Matrix& v, double scale, const Matrix& bias) {
  Oracle o;
  o.scores =
      scale *
      xt::sum(xt::view(q, xt::all(), xt::newaxis(), xt::all()) * xt::view(k, xt::newaxis(), xt::all(), xt::all()), {2});
  o.masked = o.scores + bias;
  const xt::xtensor<double, 1> peak = xt::amax(o.masked, {1});
  const xt::xtensor<double, 1> shift = xt::where(xt::isinf(peak), 0.0, peak);
  const Matrix exponentials = xt::exp(o.masked - xt::view(shift, xt::all(), xt::newaxis()));
  const xt::xtensor<double, 1> sum = xt::sum(exponentials, {1});
  o.lse = shift + xt::log(sum);
  o.weights = exponentials / xt::view(xt::where(xt::equal(sum, 0.0), 1.0, sum), xt::all(), xt::newaxis());
  o.output = xt::sum(
      xt::view(o.weights, xt::all(), xt::all(), xt::newaxis()) * xt::view(v, xt::newaxis(), xt::all(), xt::all()), {1});
  return o;
}

/// The formula in float32 with sums from left to right: the error that a plain program makes.
struct Naive {
  Matrix weights, output;
};
Naive naive(const Matrix& q, const Matrix& k, const Matrix& v, float scale, const Matrix& bias);

/// max |a − b|; NaN in exactly one of them is infinite, in both is none.
double max_difference(const Matrix& a, const Matrix& b);

/// 2·max|naive − ref| + 2·max|(ref + 0.3 − 0.3) − ref|, the second term in float32: the rule of
/// flash-attention's own tests.
double contract_bound(const Matrix& naive, const Matrix& reference);

/// A bias of 0 where key ≤ query + offset, −inf elsewhere.
inline Matrix causal_bias(std::size_t queries, std::size_t keys, long offset = 0) {
  Matrix bias = Matrix::from_shape({queries, keys});
  for (std::size_t i = 0; i < queries; ++i)
    for (std::size_t j = 0; j < keys; ++j)
      bias(i, j) = static_cast<long>(j) <= static_cast<long>(i) + offset ? 0 : -std::numeric_limits<double>::infinity();
  return bias;
}

}  // namespace attn::test
