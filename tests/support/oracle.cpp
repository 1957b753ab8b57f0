// The plain float32 program, and the bound that its errors give.
#include "support/oracle.hpp"

#include <algorithm>
#include <cmath>

namespace attn::test {

Naive naive(const Matrix& q, const Matrix& k, const Matrix& v, float scale, const Matrix& bias) {
  const std::size_t queries = q.shape(0), keys = k.shape(0);
  Naive n{Matrix::from_shape({queries, keys}), Matrix::from_shape({queries, v.shape(1)})};
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

double max_difference(const Matrix& a, const Matrix& b) {
  double worst = a.shape() == b.shape() ? 0 : std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double x = a.data()[i], y = b.data()[i];
    if (x == y || (std::isnan(x) && std::isnan(y))) continue;
    const double difference = std::abs(x - y);
    worst = std::max(worst, std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference);
  }
  return worst;
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
