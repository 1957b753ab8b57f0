// Statistics and strongest keys of single rows, against numbers worked out by hand.
#include "attention/document/row_stats.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "attn/kernels.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using namespace attn;
using test::not_a_number;

namespace {

RowStats stats_of(const std::vector<double>& row, std::size_t begin, std::size_t keys, std::int64_t position) {
  return row_stats(std::span(row), begin, keys, {position});
}

std::vector<std::size_t> strongest(const std::vector<double>& row, std::size_t begin, std::size_t all,
                                   std::size_t count, std::vector<double>* weights = nullptr) {
  std::vector<std::size_t> keys(count);
  std::vector<double> strengths(count);
  strongest_keys(std::span(row), begin, all, std::span(keys), strengths.data());
  if (weights != nullptr) *weights = strengths;
  return keys;
}

using Keys = std::vector<std::size_t>;

}  // namespace

TEST_CASE("the statistics of halves and quarters are those of the textbook") {
  const RowStats stats = stats_of({0.5, 0.25, 0.25, 0}, 0, 4, 1);
  CHECK(stats.row_sum == 1);
  CHECK(stats.entropy == Approx(1.5 * std::log(2.0)).epsilon(1e-15));  // 1.5 bits
  CHECK(stats.effective_keys == Approx(std::sqrt(8.0)).epsilon(1e-15));
  CHECK(stats.peak == 0.5);
  CHECK(stats.first_key_share == 0.5);
  CHECK(stats.mean_distance == Approx(0.5 * 1 + 0.25 * 0 + 0.25 * 1));
  CHECK(stats.sparsity == 0.25);
}

TEST_CASE("an even row has the logarithm of its length as entropy, a single key has none") {
  const RowStats even = stats_of(std::vector<double>(8, 0.125), 0, 8, 0);
  CHECK(even.entropy == Approx(std::log(8.0)).epsilon(1e-15));
  CHECK(even.effective_keys == Approx(8));
  CHECK(even.mean_distance == Approx(3.5));
  const RowStats single = stats_of({1}, 3, 5, 1);
  CHECK(single.entropy == 0);
  CHECK(single.effective_keys == 1);
  CHECK(single.first_key_share == 0);
  CHECK(single.mean_distance == 2);
  CHECK(single.sparsity == 0.8);
}

TEST_CASE("rows that sum to less count by their shares, but sum and peak are the weights'") {
  const RowStats stats = stats_of({0.05, 0.05}, 0, 2, 4);
  CHECK(stats.row_sum == Approx(0.1));
  CHECK(stats.peak == 0.05);
  CHECK(stats.entropy == Approx(std::log(2.0)));
  CHECK(stats.effective_keys == Approx(2));
  CHECK(stats.first_key_share == Approx(0.5));
  CHECK(stats.mean_distance == Approx(3.5));
  CHECK(stats.sparsity == 0);
}

TEST_CASE("sparsity counts weights under a millionth, that of keys outside the range included") {
  CHECK(stats_of({1, 1e-6, 0.99e-6, 0}, 2, 8, 0).sparsity == Approx(6.0 / 8));
}

TEST_CASE("an empty row is 0 with a sparsity of 1, a row of no keys all 0, a row with NaN all NaN") {
  for (const std::size_t n : {std::size_t{0}, std::size_t{3}}) {
    const RowStats empty = stats_of(std::vector<double>(n), 0, 3, 1);
    for (const RowStat& stat : row_stat_table) {
      INFO(stat.name);
      CHECK(empty.*stat.value == (stat.name == "sparsity" ? 1 : 0));
    }
  }
  for (const RowStat& stat : row_stat_table) CHECK(stats_of({}, 0, 0, 0).*stat.value == 0);
  for (const RowStat& stat : row_stat_table) CHECK(std::isnan(stats_of({0.5, not_a_number}, 0, 2, 0).*stat.value));
}

// What kernels do not know is done by elements: minus signs, NaN, and sums so small that subnormal numbers count.
TEMPLATE_TEST_CASE("with kernels the statistics are the same", "[stats]", float, double) {
  using T = TestType;
  const T tiny = std::numeric_limits<T>::denorm_min();
  const std::vector<std::vector<T>> rows{{},
                                         {T(1)},
                                         {T(0), T(0)},
                                         {T(0.5), T(0.25), T(0.125), T(0.125)},
                                         {T(1e-6), T(0.9e-6), T(1.1e-6), std::nextafter(T(1e-6), T(1))},
                                         {1 - std::numeric_limits<T>::epsilon(), std::numeric_limits<T>::epsilon()},
                                         {3 * tiny, 5 * tiny, 1000 * tiny},
                                         {std::numeric_limits<T>::min(), tiny},
                                         {T(0.5), T(-0.25)},
                                         {T(0.5), T(-0.0)},
                                         {T(0.5), static_cast<T>(not_a_number)},
                                         {T(0.5), std::numeric_limits<T>::infinity()}};
  for (const KernelSet* set : supported_kernel_sets())
    for (std::size_t r = 0; r < rows.size(); ++r)
      for (const std::int64_t position : {0, 2, 100}) {
        INFO("kernel set " << set->name << ", row " << r << ", position " << position);
        const std::span<const T> row(rows[r]);
        const RowStats right = row_stats(row, 3, 200, {position, 3});
        const RowStats found = row_stats(row, 3, 200, {position, 3}, set->pooling<T>());
        for (const RowStat& stat : row_stat_table) {
          INFO(stat.name);
          const double a = found.*stat.value, b = right.*stat.value;
          const double tolerance = sizeof(T) == 4 ? 2e-7 : 1e-15;
          CHECK((std::isnan(b) ? std::isnan(a) : a == b || std::abs(a - b) <= tolerance * std::abs(b)));
        }
      }
}

TEST_CASE("the strongest keys come first, and of equal ones the lower key") {
  std::vector<double> weights;
  CHECK(strongest({0.1, 0.4, 0.2, 0.3}, 0, 4, 3, &weights) == Keys{1, 3, 2});
  CHECK(weights == std::vector<double>{0.4, 0.3, 0.2});
  CHECK(strongest({0.25, 0.25, 0.25, 0.25}, 0, 4, 2) == Keys{0, 1});
  CHECK(strongest({0.1, 0.3, 0.3, 0.3}, 0, 4, 4) == Keys{1, 2, 3, 0});
  CHECK(strongest({0.1, 0.2}, 0, 2, 0).empty());
}

TEST_CASE("zeros around the range of keys are keys as well, the lower ones first") {
  CHECK(strongest({0.5, 0.5}, 3, 8, 5) == Keys{3, 4, 0, 1, 2});
  CHECK(strongest({0, 1}, 2, 6, 6) == Keys{3, 0, 1, 2, 4, 5});
  CHECK(strongest({}, 0, 3, 2) == Keys{0, 1});
  std::vector<double> weights;
  CHECK(strongest({0, 0, 1, 0}, 1, 9, 4, &weights) == Keys{3, 0, 1, 2});
  CHECK(weights == std::vector<double>{1, 0, 0, 0});
}

TEST_CASE("NaN is above all numbers") {
  std::vector<double> weights;
  CHECK(strongest({0.9, not_a_number, 0.1, not_a_number}, 0, 4, 3, &weights) == Keys{1, 3, 0});
  CHECK(std::isnan(weights[0]));
  CHECK(weights[2] == 0.9);
}
