// The formula in double precision, and the error contract that float32 results must keep.
#pragma once

#include <vector>

#include "support/matrix.hpp"

namespace attn::test {

struct Oracle {
  Matrix scores, masked, weights, output;
  std::vector<double> lse;
};

/// softmax(q·kᵀ·scale + bias)·v; a bias of −inf masks, and a row without keys is 0.
Oracle oracle(const Matrix& q, const Matrix& k, const Matrix& v, double scale, const Matrix& bias);

/// The formula in float32 with sums from left to right: the error that a plain program makes.
struct Naive {
  Matrix weights, output;
};
Naive naive(const Matrix& q, const Matrix& k, const Matrix& v, float scale, const Matrix& bias);

/// 2·max|naive − ref| + 2·max|(ref + 0.3 − 0.3) − ref|, the second term in float32: the rule of
/// flash-attention's own tests.
double contract_bound(const Matrix& naive, const Matrix& reference);

}  // namespace attn::test
