// The sums of rows of every kernel set against plain loops, at all lengths around their vectors.
#include "kernels/row_sums.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/pooling.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using namespace attn;

namespace {

// Weights of all sizes, from 1 down to `least` (in powers of 2), and some zeros.
template <class T>
std::vector<T> drawn_weights(std::size_t n, double least, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> power(least, 0);
  std::vector<T> weights(n);
  for (T& w : weights) w = engine() % 8 == 0 ? T(0) : static_cast<T>(std::exp2(power(engine)));
  return weights;
}

template <class Check>
void for_each_set(Check check) {
  for (const KernelSet* set : supported_kernel_sets()) {
    if (set->pooling_f32 == nullptr) continue;
    INFO("kernel set " << set->name);
    check(*set);
  }
}

template <class T>
void check_sums(const PoolingKernels<T>& kernels, const std::vector<T>& weights, double first_distance, T dense_from) {
  const double logarithm = sizeof(T) == 4 ? 1.5e-7 : 5e-16;
  RowSums sums;
  double size = 0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    const double w = static_cast<double>(weights[j]);
    sums.weight += w;
    sums.information += w == 0 ? 0 : w * std::log(w);
    size += w == 0 ? 0 : w * -std::log(w);
    sums.distance += w * std::abs(first_distance + static_cast<double>(j));
    sums.greatest = std::max(sums.greatest, w);
    sums.dense += weights[j] >= dense_from ? 1U : 0U;
  }
  const RowSums found = kernels.row_sums(weights.data(), weights.size(), first_distance, dense_from);
  CHECK(found.weight == Approx(sums.weight).epsilon(1e-14).margin(0));
  CHECK(std::abs(found.information - sums.information) <= logarithm * size);
  CHECK(found.distance == Approx(sums.distance).epsilon(1e-14).margin(0));
  CHECK(found.greatest == sums.greatest);
  CHECK(found.dense == sums.dense);
  CHECK(found.is_plain);
}

}  // namespace

TEMPLATE_TEST_CASE("the sums of a row are those of n weights alone", "[row_sums]", float, double) {
  for_each_set([&](const KernelSet& set) {
    for (std::size_t n = 0; n <= 70; ++n) {
      INFO("n " << n);
      std::vector<TestType> weights = drawn_weights<TestType>(n, sizeof(TestType) == 4 ? -126 : -1022, unsigned(n));
      weights.shrink_to_fit();  // so that a reader past the end is seen by the sanitizer
      for (const double first : {0.0, -3.0, -1e6, 17.0})
        check_sums<TestType>(*set.pooling<TestType>(), weights, first, TestType(0.25));
    }
  });
}

TEMPLATE_TEST_CASE("the logarithm is right at every mantissa, and keeps its precision near 1", "[row_sums]", float,
                   double) {
  for_each_set([&](const KernelSet& set) {
    const PoolingKernels<TestType>& kernels = *set.pooling<TestType>();
    const double tolerance = sizeof(TestType) == 4 ? 1.5e-7 : 5e-16;
    double worst = 0;
    const auto check = [&](TestType w) {
      const double right = std::log(static_cast<double>(w));
      const double found = kernels.row_sums(&w, 1, 0, TestType(1)).information / static_cast<double>(w);
      worst = std::max(worst, std::abs(found - right) / std::abs(right));
    };
    for (int i = 1; i < 4096; ++i)
      for (const double scale : {0.5, 1.0, 0x1p-20, 0x1p-126}) check(static_cast<TestType>((1 + i / 4096.0) * scale));
    TestType below = 1, above = 1;
    for (int i = 0; i < 40; ++i) {
      check(below = std::nextafter(below, TestType(0)));
      check(above = std::nextafter(above, TestType(2)));
    }
    CHECK(worst <= tolerance);
  });
}

TEMPLATE_TEST_CASE("what the sums are not made for shows in them", "[row_sums]", float, double) {
  for_each_set([&](const KernelSet& set) {
    const PoolingKernels<TestType>& kernels = *set.pooling<TestType>();
    for (std::size_t place = 0; place < 37; place += 6) {
      std::vector<TestType> weights(37, TestType(0.5));
      weights[place] = TestType(-0.5);
      CHECK_FALSE(kernels.row_sums(weights.data(), 37, 0, TestType(1)).is_plain);
      weights[place] = static_cast<TestType>(test::not_a_number);
      CHECK(std::isnan(kernels.row_sums(weights.data(), 37, 0, TestType(1)).weight));
      weights[place] = static_cast<TestType>(test::inf);
      CHECK(std::isinf(kernels.row_sums(weights.data(), 37, 0, TestType(1)).weight));
    }
  });
}

TEMPLATE_TEST_CASE("zeros around a row's weights change no bit of its sums", "[row_sums]", float, double) {
  for_each_set([&](const KernelSet& set) {
    const PoolingKernels<TestType>& kernels = *set.pooling<TestType>();
    const std::size_t panel = set.tiles<TestType>(false)->panel;
    const std::vector<TestType> weights = drawn_weights<TestType>(3 * panel + 5, -20, 7);
    for (const double first : {0.0, -double(panel) - 3, -1e6, 17.0}) {
      const RowSums alone = kernels.row_sums(weights.data(), weights.size(), first, TestType(0.25));
      for (const std::size_t before : {std::size_t{0}, panel, 5 * panel})
        for (const std::size_t behind : {std::size_t{0}, std::size_t{1}, panel, 4 * panel + 3}) {
          std::vector<TestType> row(before, TestType(0));
          row.insert(row.end(), weights.begin(), weights.end());
          row.resize(row.size() + behind, TestType(0));
          const RowSums sums = kernels.row_sums(row.data(), row.size(), first - double(before), TestType(0.25));
          CHECK(sums.weight == alone.weight);
          CHECK(sums.information == alone.information);
          CHECK(sums.distance == alone.distance);
          CHECK(sums.dense == alone.dense);
        }
    }
  });
}
