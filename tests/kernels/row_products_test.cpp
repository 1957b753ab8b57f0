// Products by the rows of a right factor as they lie, in every set this CPU runs.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/tile.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

// Rows at odd strides, which start misaligned.
template <class T>
struct Rows {
  Rows(std::size_t rows, std::size_t width, unsigned seed) : columns(width), values(1 + rows * (width + 3)) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<T> uniform(-1, 1);
    for (T& x : values) x = uniform(engine);
  }
  const T* row(std::size_t i) const { return values.data() + 1 + i * (columns + 3); }
  std::ptrdiff_t stride() const { return static_cast<std::ptrdiff_t>(columns + 3); }

  std::size_t columns;
  std::vector<T> values;
};

template <class T>
void check(const TileKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k) {
  INFO("m " << m << ", n " << n << ", k " << k);
  const Rows<T> a(m, k, 1), b(n, k, 2);
  const std::size_t stride = n + 1;
  const T alpha = T(0.75), untouched = T(99);
  std::vector<T> c(m * stride, untouched), one(n);
  Product<T> product{.a = a.row(0),
                     .a_stride = a.stride(),
                     .b = b.row(0),
                     .b_stride = b.stride(),
                     .c = c.data(),
                     .c_stride = static_cast<std::ptrdiff_t>(stride),
                     .m = m,
                     .n = n,
                     .k = k,
                     .alpha = alpha};
  kernels.multiply_by_rows(product);
  double worst = 0;
  bool alone = true;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < k; ++l) sum += static_cast<double>(a.row(i)[l]) * static_cast<double>(b.row(j)[l]);
      worst = std::max(worst, std::abs(static_cast<double>(c[i * stride + j]) - static_cast<double>(alpha) * sum));
    }
    REQUIRE(c[i * stride + n] == untouched);
    product.a = a.row(i);
    product.m = 1;
    product.c = one.data();
    kernels.multiply_by_rows(product);
    alone = alone && std::equal(one.begin(), one.end(), c.begin() + static_cast<std::ptrdiff_t>(i * stride));
  }
  // Lanes sum a part of the products each, so that the error grows with that.
  REQUIRE(worst <= static_cast<double>(k / kernels.lanes + 6) * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                       std::sqrt(static_cast<double>(k) + 1));
  CHECK(alone);  // the result of a row does not depend on the rows beside it
}

}  // namespace

TEMPLATE_TEST_CASE("products by rows are right at every size around their tiles", "", float, double) {
  for (const KernelSet* set : supported_kernel_sets()) {
    const TileKernels<TestType>* kernels = set->tiles<TestType>();
    if (kernels == nullptr) continue;
    INFO("kernel set " << set->name);
    for (std::size_t m = 1; m <= 9; ++m)
      for (std::size_t n = 1; n <= 9; ++n)
        for (const std::size_t vectors : {1U, 2U, 5U}) check(*kernels, m, n, vectors * kernels->lanes);
  }
}

TEST_CASE("kernels that round operands have no products by rows") {
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO("kernel set " << set->name);
    const TileKernels<float>* kernels = set->tiles<float>(true);
    if (kernels != nullptr) CHECK(kernels->multiply_by_rows == nullptr);
  }
}

}  // namespace attn::test
