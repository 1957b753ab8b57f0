// The last columns of values, packed as tails, in every kernel set that this CPU runs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/random_values.hpp"
#include "kernels/tile.hpp"
#include "support/catch.hpp"

namespace attn::test::tails {
namespace {

template <class T>
constexpr T nan = std::numeric_limits<T>::quiet_NaN();

// Calls check(kernels) for the sets that have tails.
template <class T, class Check>
std::size_t for_each_set(Check&& check) {
  std::size_t sets = 0;
  for (const KernelSet* set : supported_kernel_sets()) {
    const TileKernels<T>* kernels = set->tiles<T>();
    if (kernels == nullptr || kernels->pack_tail == nullptr) continue;
    INFO("kernel set " << set->name);
    ++sets;
    check(*kernels);
  }
  return sets;
}

struct Sizes {
  std::size_t m, whole, tail, k;
};

// Weights (m, k) with NaN behind each row, values (k, whole + tail), and rows of the output apart.
template <class T>
struct Problem {
  Problem(const TileKernels<T>& of, Sizes sizes, unsigned seed)
      : kernels(of),
        size(sizes),
        a_stride(sizes.k + 5),
        c_stride(sizes.whole + of.lanes + 3),
        a(random_values<T>(sizes.m * a_stride, seed)),
        b(random_values<T>(sizes.k * (sizes.whole + sizes.tail) + of.lanes, seed + 1)),
        tail(packed_tail(sizes.k, sizes.tail, of.lanes), nan<T>),
        c(random_values<T>(sizes.m * c_stride, seed + 2)) {
    for (std::size_t i = 0; i < size.m; ++i) std::fill_n(&a[i * a_stride + size.k], 5, nan<T>);
    kernels.pack_tail(values(), size.whole, tail.data());
  }

  MatrixView<const T> values() const {
    const std::size_t columns = size.whole + size.tail;
    return {b.data(), size.k, columns, static_cast<std::ptrdiff_t>(columns)};
  }

  Product<T> product() {
    Product<T> p{.a = a.data(),
                 .a_stride = static_cast<std::ptrdiff_t>(a_stride),
                 .b = b.data(),
                 .b_stride = values().row_stride,
                 .b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                 .c = c.data(),
                 .c_stride = static_cast<std::ptrdiff_t>(c_stride),
                 .m = size.m,
                 .n = size.whole,
                 .k = size.k};
    p.tail = size.tail;
    p.b_tail = tail.data();
    return p;
  }

  // The greatest difference to plain sums, of which each begins with `before`.
  double worst(const std::vector<T>* before) const {
    double worst = 0;
    for (std::size_t i = 0; i < size.m; ++i)
      for (std::size_t j = 0; j < size.whole + size.tail; ++j) {
        double sum = before == nullptr ? 0 : static_cast<double>((*before)[i * c_stride + j]);
        for (std::size_t l = 0; l < size.k; ++l)
          sum += static_cast<double>(a[i * a_stride + l]) * static_cast<double>(values().row(l)[j]);
        worst = std::max(worst, std::abs(static_cast<double>(c[i * c_stride + j]) - sum));
      }
    return worst;
  }

  const TileKernels<T>& kernels;
  Sizes size;
  std::size_t a_stride, c_stride;
  std::vector<T> a, b, tail, c;
};

}  // namespace

TEMPLATE_TEST_CASE("whole vectors of columns and a tail are the product of all", "[tail]", float, double) {
  const std::size_t sets = for_each_set<TestType>([](const TileKernels<TestType>& kernels) {
    const double unit = std::numeric_limits<TestType>::epsilon();
    for (std::size_t tail = 1; tail <= kernels.lanes / 2; ++tail)
      for (const std::size_t whole : {std::size_t{0}, kernels.lanes, 5 * kernels.lanes})
        for (const std::size_t m : {1U, 2U, 5U, 6U, 8U, 13U, 31U})
          for (const std::size_t k : {1U, 2U, 3U, 7U, 16U, 33U, 64U, 130U})
            for (const bool adds : {false, true}) {
              INFO("m " << m << ", " << whole << " + " << tail << " columns, k " << k << ", adds " << adds);
              Problem<TestType> problem(kernels, {m, whole, tail, k}, 7);
              for (std::size_t i = 0; i < m; ++i)  // the sums of a tail begin at 0
                std::fill_n(&problem.c[i * problem.c_stride + whole], kernels.lanes, TestType(0));
              const std::vector<TestType> before = problem.c;
              Product<TestType> product = problem.product();
              product.accumulate = adds;
              product.chain = 32;
              kernels.multiply_values(product);
              kernels.sum_tails(tail, &problem.c[whole], product.c_stride, m);
              REQUIRE(problem.worst(adds ? &before : nullptr) <= 4 * unit * std::sqrt(static_cast<double>(k) + 1));
            }
  });
  CHECK(sets >= 1);
}

TEMPLATE_TEST_CASE("a tail is cut between chains, and after weights of 0, without a change of bits", "[tail]", float,
                   double) {
  for_each_set<TestType>([](const TileKernels<TestType>& kernels) {
    for (std::size_t tail = 1; tail <= kernels.lanes / 2; ++tail) {
      const std::size_t panel = kernels.panel, k = 4 * panel, columns = std::bit_ceil(tail);
      Problem<TestType> whole(kernels, {9, kernels.lanes, tail, k}, 3), part(kernels, {9, kernels.lanes, tail, k}, 3);
      for (std::size_t i = 0; i < 9; ++i) std::fill_n(&whole.a[i * whole.a_stride], panel, TestType(0));
      Product<TestType> all = whole.product(), later = part.product();
      all.chain = later.chain = 2 * panel;
      later.a += panel;
      later.b += static_cast<std::ptrdiff_t>(panel) * later.b_stride;
      later.b_tail += panel * columns;
      later.k -= panel;
      later.chain_begin = panel;
      kernels.multiply_values(all);
      kernels.multiply_values(later);
      for (std::size_t i = 0; i < 9; ++i)
        for (std::size_t j = 0; j < kernels.lanes + tail; ++j)
          REQUIRE(whole.c[i * whole.c_stride + j] == part.c[i * part.c_stride + j]);
    }
  });
}

TEST_CASE("columns past the last vector are a tail if they fill no more than half of one", "[tail]") {
  CHECK(tail_of(16, 16) == 0);
  CHECK(tail_of(17, 16) == 1);
  CHECK(tail_of(40, 16) == 8);
  CHECK(tail_of(41, 16) == 0);
  CHECK(tail_of(3, 8) == 3);
  CHECK(packed_tail(256, 8, 16) == 2048);
  CHECK(packed_tail(3, 3, 16) == 16);
  CHECK(packed_tail(17, 1, 16) == 32);
}

}  // namespace attn::test::tails
