// The pooling kernels of every set against plain loops, at all lengths around their vectors.
#include "kernels/pooling.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "attn/kernels.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using attn::KernelSet;
using attn::PoolingKernels;
using attn::test::inf;

namespace {

// Enough for two vectors past every length that is tried.
constexpr std::size_t room = 160;

template <class T>
std::vector<T> random_values(double least, double most, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(least, most);
  std::vector<T> values(room);
  for (T& x : values) x = static_cast<T>(uniform(engine));
  return values;
}

template <class T, class Check>
void for_each_length(Check check) {
  for (const KernelSet* set : attn::supported_kernel_sets()) {
    if (set->pooling<T>() == nullptr) continue;
    for (std::size_t n = 1; n <= 70; ++n) {
      INFO("kernel set " << set->name << ", n " << n);
      check(*set->pooling<T>(), n);
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("the greatest score and the sum of exponentials are those of n scores alone", "[pooling]", float,
                   double) {
  const double tolerance = sizeof(TestType) == 4 ? 3e-7 : 1e-15;
  for_each_length<TestType>([&](const PoolingKernels<TestType>& kernels, std::size_t n) {
    std::vector<TestType> row = random_values<TestType>(-9, 3, static_cast<unsigned>(n));
    const TestType peak = *std::max_element(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(n));
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += std::exp(static_cast<double>(row[j]) - static_cast<double>(peak));
    CHECK(kernels.greatest(row.data(), n) == peak);
    CHECK(static_cast<double>(kernels.sum(row.data(), n, peak)) == Approx(sum).epsilon(4 * tolerance));
  });
}

// Whatever the compiler and the version of Highway: they differ in the order in which lanes are added.
TEMPLATE_TEST_CASE("lanes are summed in halves", "[pooling]", float, double) {
  for (const KernelSet* set : attn::supported_kernel_sets()) {
    if (set->pooling<TestType>() == nullptr) continue;
    const std::size_t lanes = set->tiles<TestType>(false)->lanes;
    for (unsigned seed = 0; seed < 50; ++seed) {
      INFO("kernel set " << set->name << ", seed " << seed);
      std::vector<TestType> row = random_values<TestType>(-9, 3, seed), weights = row;
      set->pooling<TestType>()->exponentials(weights.data(), 64, TestType(3), TestType(1));
      std::vector<TestType> sums(lanes);
      for (std::size_t j = 0; j < 64; ++j) sums[j % lanes] += weights[j];
      for (std::size_t half = lanes / 2; half != 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l) sums[l] += sums[l + half];
      CHECK(set->pooling<TestType>()->sum(row.data(), 64, TestType(3)) == sums[0]);
    }
  }
}

TEMPLATE_TEST_CASE("scores become weights, and minus infinity exactly 0", "[pooling]", float, double) {
  const double tolerance = sizeof(TestType) == 4 ? 3e-7 : 1e-15;
  for_each_length<TestType>([&](const PoolingKernels<TestType>& kernels, std::size_t n) {
    std::vector<TestType> row = random_values<TestType>(-60, 2, static_cast<unsigned>(n));
    row[n / 2] = static_cast<TestType>(-inf);
    const std::vector<TestType> scores = row;
    kernels.exponentials(row.data(), n, TestType(2), TestType(0.125));
    for (std::size_t j = 0; j < n; ++j) {
      const double weight = std::exp(static_cast<double>(scores[j]) - 2) * 0.125;
      if (j == n / 2) {
        CHECK(row[j] == 0);
      } else {
        const double difference = 2 - static_cast<double>(scores[j]);
        CHECK(static_cast<double>(row[j]) == Approx(weight).epsilon((2 + difference) * tolerance));
      }
    }
  });
}

TEMPLATE_TEST_CASE("NaN comes out of sums and weights, and of no score there is no greatest", "[pooling]", float,
                   double) {
  for_each_length<TestType>([&](const PoolingKernels<TestType>& kernels, std::size_t n) {
    std::vector<TestType> row(room, static_cast<TestType>(-inf));
    CHECK(kernels.greatest(row.data(), n) == static_cast<TestType>(-inf));
    CHECK(kernels.sum(row.data(), n, TestType(0)) == 0);
    row[n - 1] = std::numeric_limits<TestType>::quiet_NaN();
    CHECK(std::isnan(kernels.sum(row.data(), n, TestType(0))));
    kernels.exponentials(row.data(), n, TestType(0), TestType(1));
    CHECK(std::isnan(row[n - 1]));
    if (n > 1) CHECK(row[0] == 0);
  });
}

TEMPLATE_TEST_CASE("columns are summed up by their share, with their extremes", "[pooling]", float, double) {
  for_each_length<TestType>([&](const PoolingKernels<TestType>& kernels, std::size_t n) {
    constexpr std::size_t rows = 5, stride = room / rows * 4;
    std::vector<TestType> weights(rows * stride);
    std::mt19937 engine(static_cast<unsigned>(n));
    std::uniform_int_distribution<int> digits(0, 9);
    for (TestType& x : weights) x = static_cast<TestType>(digits(engine)) / 8;
    std::vector<TestType> sum(room, TestType(1)), greatest(room, TestType(0.5)), least(room, TestType(0.25)),
        least_positive(room, static_cast<TestType>(inf));
    kernels.pool_columns({.weights = weights.data(),
                          .stride = static_cast<std::ptrdiff_t>(stride),
                          .rows = rows,
                          .n = n,
                          .share = TestType(0.5),
                          .sum = sum.data(),
                          .greatest = greatest.data(),
                          .least = least.data(),
                          .least_positive = least_positive.data()});
    for (std::size_t j = 0; j < n; ++j) {
      double expected = 1, most = 0.5, least_of_all = 0.25, positive = inf;
      for (std::size_t i = 0; i < rows; ++i) {
        const double weight = static_cast<double>(weights[i * stride + j]);
        expected += weight / 2;
        most = std::max(most, weight);
        least_of_all = std::min(least_of_all, weight);
        if (weight > 0) positive = std::min(positive, weight);
      }
      CHECK(static_cast<double>(sum[j]) == expected);
      CHECK(static_cast<double>(greatest[j]) == most);
      CHECK(static_cast<double>(least[j]) == least_of_all);
      CHECK(static_cast<double>(least_positive[j]) == positive);
    }
  });
}
