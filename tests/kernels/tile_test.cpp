// Every tile kernel of every set this CPU runs, at all sizes around its tiles, on odd strides.
#include "kernels/tile.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/random_values.hpp"
#include "support/catch.hpp"

using attn::KernelSet;
using attn::MatrixView;
using attn::TileKernels;
using attn::test::random_values;

namespace {

std::size_t round_to(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

template <class T, class Check>
void for_each_set(Check&& check) {
  for (const KernelSet* set : attn::supported_kernel_sets()) {
    const TileKernels<T>* kernels = set->tiles<T>();
    if (kernels == nullptr) continue;
    INFO("kernel set " << set->name);
    check(*kernels);
  }
}

struct Sizes {
  std::size_t m, n, k;
};

// a (m, k) with a right factor that is packed; rows of c are `c_stride` apart.
template <class T>
attn::Product<T> packed_product(const TileKernels<T>& kernels, const T* a, const T* packed, T* c, std::size_t c_stride,
                                Sizes sizes) {
  return {.a = a,
          .a_stride = static_cast<std::ptrdiff_t>(sizes.k),
          .b = packed,
          .b_stride = static_cast<std::ptrdiff_t>(kernels.panel),
          .b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel * sizes.k),
          .c = c,
          .c_stride = static_cast<std::ptrdiff_t>(c_stride),
          .m = sizes.m,
          .n = sizes.n,
          .k = sizes.k};
}

// The same with b (k, n) as it lies.
template <class T>
attn::Product<T> product_in_place(attn::Product<T> product, const TileKernels<T>& kernels, MatrixView<const T> b,
                                  T* c) {
  product.b = b.data;
  product.b_stride = b.row_stride;
  product.b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel);
  product.c = c;
  return product;
}

// One product against plain loops; a's and c's rows are at odd strides, and all start misaligned.
template <class T>
void check_product(const TileKernels<T>& kernels, std::size_t m, std::size_t n, std::size_t k, bool transposed,
                   bool adds) {
  INFO("m " << m << ", n " << n << ", k " << k << (transposed ? ", packed from rows" : ", packed from columns"));
  const std::size_t a_stride = k + 3, c_stride = round_to(n, kernels.lanes) + 1;
  const std::vector<T> a = random_values<T>(1 + m * a_stride, 1);
  const std::size_t b_rows = transposed ? n : k, b_cols = transposed ? k : n;
  const std::vector<T> b = random_values<T>(1 + b_rows * (b_cols + 1), 2);
  std::vector<T> packed(round_to(n, kernels.panel) * k, T(99));
  const MatrixView<const T> right{b.data() + 1, b_rows, b_cols, static_cast<std::ptrdiff_t>(b_cols + 1)};
  if (transposed) {
    kernels.pack_transposed(right, packed.data());
  } else {
    kernels.pack(right, packed.data());
  }
  std::vector<T> c = random_values<T>(1 + m * c_stride, 3);
  const std::vector<T> before = c;
  const T alpha = adds ? T(1) : T(0.75);
  attn::Product<T> product = packed_product<T>(kernels, a.data() + 1, packed.data(), c.data() + 1, c_stride, {m, n, k});
  product.a_stride = static_cast<std::ptrdiff_t>(a_stride);
  product.alpha = alpha;
  product.accumulate = adds;
  kernels.multiply(product);
  double worst = 0;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < k; ++l)
        sum += static_cast<double>(a[1 + i * a_stride + l]) *
               static_cast<double>(transposed ? right.row(j)[l] : right.row(l)[j]);
      sum *= static_cast<double>(alpha);
      const std::size_t at = 1 + i * c_stride + j;
      if (adds) sum += static_cast<double>(before[at]);
      worst = std::max(worst, std::abs(static_cast<double>(c[at]) - sum));
    }
    // Nothing past the last whole vector of a row is touched.
    REQUIRE(c[1 + i * c_stride + c_stride - 1] == before[1 + i * c_stride + c_stride - 1]);
  }
  REQUIRE(c[0] == before[0]);
  REQUIRE(worst <= static_cast<double>(k + 2) * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

}  // namespace

TEMPLATE_TEST_CASE("products are right at every size around the register tile", "", float, double) {
  for_each_set<TestType>([](const TileKernels<TestType>& kernels) {
    for (std::size_t m = 1; m <= 2 * kernels.tile_rows + 1; ++m)
      for (const std::size_t n : {std::size_t{1}, kernels.lanes - 1, kernels.lanes, kernels.lanes + 1,
                                  kernels.panel - 1, kernels.panel, 2 * kernels.panel + 3})
        for (const bool transposed : {false, true})
          for (const bool adds : {false, true}) check_product<TestType>(kernels, m, n, 7, transposed, adds);
    for (std::size_t n = 1; n <= 2 * kernels.panel + 1; ++n) check_product<TestType>(kernels, 6, n, 5, true, false);
    for (const std::size_t k : {0U, 1U, 2U, 15U, 16U, 17U, 33U, 200U})
      check_product<TestType>(kernels, 7, 9, k, true, true);
  });
}

TEMPLATE_TEST_CASE("a right factor in place gives the same bits as a packed one", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t k = 37;
    // Few rows take wider tiles, of eight vectors.
    for (std::size_t m = 1; m <= kernels.tile_rows + 1; ++m)
      for (const std::size_t vectors : {1U, 3U, 7U, 8U, 9U, 16U, 21U})
        for (const bool adds : {false, true}) {
          INFO("m " << m << ", " << vectors << " vectors");
          const std::size_t n = vectors * kernels.lanes;
          const auto a = random_values<T>(m * k, 5), b = random_values<T>(k * n, 6);
          std::vector<T> packed(round_to(n, kernels.panel) * k), in_place = random_values<T>(m * n, 7),
                                                                 from_panels = in_place;
          const MatrixView<const T> right{b.data(), k, n, static_cast<std::ptrdiff_t>(n)};
          kernels.pack(right, packed.data());
          attn::Product<T> product =
              packed_product<T>(kernels, a.data(), packed.data(), from_panels.data(), n, {m, n, k});
          product.alpha = adds ? T(1) : T(0.75);
          product.accumulate = adds;
          product.chain = 10;
          product.chain_begin = 3;
          kernels.multiply(product);
          kernels.multiply(product_in_place<T>(product, kernels, right, in_place.data()));
          REQUIRE(in_place == from_panels);
        }
  });
}

TEMPLATE_TEST_CASE("a product that packs on the way gives the bits of packing and multiplying", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t k = 7;
    for (const std::size_t m : {std::size_t{1}, kernels.tile_rows, 2 * kernels.tile_rows + 1})
      for (std::size_t n = 1; n <= 2 * kernels.panel + kernels.lanes + 1; ++n)
        for (const bool adds : {false, true}) {
          INFO("m " << m << ", n " << n);
          const std::size_t b_stride = n + 3, c_stride = round_to(n, kernels.lanes);
          const std::vector<T> a = random_values<T>(m * k, 1), b = random_values<T>(k * b_stride, 2);
          const MatrixView<const T> right{b.data(), k, n, static_cast<std::ptrdiff_t>(b_stride)};
          std::vector<T> packed(round_to(n, kernels.panel) * k, T(99)), packed_on_the_way = packed;
          std::vector<T> c = random_values<T>(m * c_stride, 3), d = c;
          kernels.pack(right, packed.data());
          attn::Product<T> product = packed_product<T>(kernels, a.data(), packed.data(), c.data(), c_stride, {m, n, k});
          product.alpha = adds ? T(1) : T(0.75);
          product.accumulate = adds;
          kernels.multiply(product);
          kernels.multiply_and_pack(product_in_place<T>(product, kernels, right, d.data()), packed_on_the_way.data());
          REQUIRE(c == d);
          REQUIRE(packed == packed_on_the_way);
        }
  });
}

TEMPLATE_TEST_CASE("sums are taken in chains from fixed places, so that a product may be cut between them", "", float,
                   double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t m = kernels.tile_rows + 1, n = kernels.panel + 1, k = 23, chain = 5, begin = 3;
    const auto a = random_values<T>(m * k, 5), b = random_values<T>(k * n, 6);
    const std::size_t panels = round_to(n, kernels.panel);
    std::vector<T> packed(panels * k), whole(m * panels), parts = whole;
    kernels.pack({b.data(), k, n, static_cast<std::ptrdiff_t>(n)}, packed.data());
    const auto product = [&](std::size_t k0, std::size_t k1, std::size_t chain_begin, std::vector<T>& c) {
      attn::Product<T> part = packed_product<T>(kernels, a.data(), packed.data(), c.data(), panels, {m, n, k});
      part.a += k0;
      part.b += k0 * kernels.panel;
      part.k = k1 - k0;
      part.accumulate = k0 != 0;
      part.chain = chain;
      part.chain_begin = chain_begin;
      kernels.multiply(part);
    };
    product(0, k, begin, whole);
    product(0, 2, begin, parts);
    for (std::size_t k0 = 2; k0 < k; k0 += chain) product(k0, std::min(k0 + chain, k), 0, parts);
    REQUIRE(whole == parts);
    product(0, k, 0, parts);
    REQUIRE(whole != parts);
  });
}

TEMPLATE_TEST_CASE("two chains at a time are those of even and of odd elements", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    for (std::size_t m = 1; m <= kernels.tile_rows + 1; ++m)
      for (std::size_t k = 0; k <= 7; ++k) {
        const std::size_t n = kernels.panel + 1, panels = round_to(n, kernels.panel);
        const auto a = random_values<T>(m * k + 1, 5), b = random_values<T>(k * n + 1, 6);
        std::vector<T> packed(panels * k + 1), c(m * panels), even = c, odd = c;
        kernels.pack({b.data(), k, n, static_cast<std::ptrdiff_t>(n)}, packed.data());
        attn::Product<T> product = packed_product<T>(kernels, a.data(), packed.data(), c.data(), panels, {m, n, k});
        product.alpha = T(0.5);
        product.in_two = true;
        kernels.multiply(product);
        product.in_two = false;
        product.alpha = T(1);
        std::vector<T> halved = a;
        const auto half = [&](std::size_t keeps, std::vector<T>& to) {
          for (std::size_t at = 0; at < m * k; ++at) halved[at] = at % k % 2 == keeps ? a[at] : T(0);
          product.a = halved.data();
          product.c = to.data();
          kernels.multiply(product);
        };
        half(0, even);
        half(1, odd);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < m; ++i)
          for (std::size_t j = 0; j < n; ++j)
            wrong += c[i * panels + j] != T(0.5) * (even[i * panels + j] + odd[i * panels + j]);
        REQUIRE(wrong == 0);
      }
  });
}

TEMPLATE_TEST_CASE("transposing moves every element and touches no other", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    for (std::size_t rows = 0; rows <= 2 * kernels.lanes + 1; ++rows)
      for (std::size_t cols = 0; cols <= 9; ++cols) {
        const std::size_t stride = cols + 1, to_stride = rows + 2;
        const std::vector<T> from = random_values<T>(1 + rows * stride, 1);
        std::vector<T> to(1 + cols * to_stride, T(99)), expected = to;
        for (std::size_t r = 0; r < rows; ++r)
          for (std::size_t c = 0; c < cols; ++c) expected[1 + c * to_stride + r] = from[1 + r * stride + c];
        kernels.transpose({from.data() + 1, rows, cols, static_cast<std::ptrdiff_t>(stride)}, to.data() + 1,
                          static_cast<std::ptrdiff_t>(to_stride));
        REQUIRE(to == expected);
      }
  });
}

TEMPLATE_TEST_CASE("softmax of whole rows is exact to a few units in the last place, subnormal weights included", "",
                   float, double) {
  using T = TestType;
  const double least = static_cast<double>(std::numeric_limits<T>::denorm_min());
  const double reach = sizeof(T) == 4 ? 102 : 740;  // exp(-reach) is still subnormal
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    for (std::size_t n = 1; n <= 2 * kernels.panel + 1; ++n) {
      const std::size_t stride = round_to(n, kernels.lanes) + 1;
      std::vector<T> scores = random_values<T>(2 * stride, static_cast<unsigned>(n));
      for (T& x : scores) x *= T(reach / 2);
      scores[0] = T(reach / 2);
      const std::vector<T> before = scores;
      std::vector<T> peak(2), sum(2);
      kernels.softmax_rows({.scores = scores.data(),
                            .stride = static_cast<std::ptrdiff_t>(stride),
                            .rows = 2,
                            .n = n,
                            .factor = T(1.44269504088896340736),
                            .peak = peak.data(),
                            .sum = sum.data()});
      for (std::size_t i = 0; i < 2; ++i) {
        double greatest = -1e300, total = 0;
        for (std::size_t j = 0; j < n; ++j) greatest = std::max(greatest, static_cast<double>(before[i * stride + j]));
        for (std::size_t j = 0; j < n; ++j) total += std::exp(static_cast<double>(before[i * stride + j]) - greatest);
        REQUIRE(static_cast<double>(peak[i]) == greatest);
        // In units that the rounding of factor·peak moves.
        REQUIRE(static_cast<double>(sum[i]) ==
                Approx(total).epsilon((6 + 2 * std::abs(greatest)) *
                                      static_cast<double>(std::numeric_limits<T>::epsilon())));
        for (std::size_t j = 0; j < n; ++j) {
          const double x = static_cast<double>(before[i * stride + j]) - greatest;
          const double weight = std::exp(x) / total;
          // Half an ulp of x in base 2 is |x|·eps of the result.
          const double bound =
              weight * (6 + 2 * std::abs(x)) * static_cast<double>(std::numeric_limits<T>::epsilon()) + least;
          REQUIRE(std::abs(static_cast<double>(scores[i * stride + j]) - weight) <= bound);
        }
      }
    }
  });
}

TEMPLATE_TEST_CASE("an attended NaN makes its row NaN wherever it stands", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t n = 2 * kernels.panel + 3;
    for (std::size_t at = 0; at < n; ++at) {
      for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
        std::vector<T> row = random_values<T>(round_to(n, kernels.panel), 7);
        row[at] = bad;
        T peak = 0, sum = 0;
        kernels.softmax_rows({.scores = row.data(),
                              .stride = 0,
                              .rows = 1,
                              .n = n,
                              .factor = T(1.44269504088896340736),
                              .peak = &peak,
                              .sum = &sum});
        REQUIRE(std::isnan(sum));
        for (std::size_t j = 0; j < n; ++j) REQUIRE(std::isnan(row[j]));
      }
    }
  });
}

TEMPLATE_TEST_CASE("a division of a row is right to a unit in the last place and writes no more", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    for (std::size_t n = 0; n <= 2 * kernels.lanes + 1; ++n) {
      const auto from = random_values<T>(n + 1, 9);
      std::vector<T> to(n + 1, T(77));
      REQUIRE(kernels.divide(from.data(), T(3.7), to.data(), n));
      for (std::size_t j = 0; j < n; ++j)
        REQUIRE(static_cast<double>(to[j]) == Approx(static_cast<double>(from[j] / T(3.7)))
                                                  .epsilon(static_cast<double>(std::numeric_limits<T>::epsilon()))
                                                  .margin(0));
      REQUIRE(to[n] == T(77));
      for (std::size_t at = 0; at < n; ++at) {
        std::vector<T> bad = from;
        bad[at] = at % 2 == 0 ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::quiet_NaN();
        REQUIRE(!kernels.divide(bad.data(), T(3.7), to.data(), n));
      }
    }
  });
}

TEMPLATE_TEST_CASE("rows are divided by their sums as one by one, but for sums of 0", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t lanes = kernels.lanes, rows = 5;
    for (std::size_t n = 0; n <= 2 * lanes + 1; ++n) {
      const std::size_t from_stride = n + 3, to_stride = n + 1;
      auto from = random_values<T>(rows * from_stride + 1, 10), sums = random_values<T>(rows * lanes, 11);
      std::fill_n(sums.begin() + static_cast<std::ptrdiff_t>(lanes), lanes, T(0));
      if (n != 0) from[3 * from_stride + n - 1] = std::numeric_limits<T>::infinity();
      std::vector<T> to(rows * to_stride, T(77));
      std::vector<unsigned char> divided(rows, 9);
      kernels.divide_rows({.sums = sums.data(),
                           .from = from.data(),
                           .from_stride = static_cast<std::ptrdiff_t>(from_stride),
                           .to = to.data(),
                           .to_stride = static_cast<std::ptrdiff_t>(to_stride),
                           .rows = rows,
                           .n = n,
                           .divided = divided.data()});
      CHECK(divided == std::vector<unsigned char>{1, 0, 1, static_cast<unsigned char>(n == 0), 1});
      for (std::size_t i = 0; i < rows; ++i) {
        std::vector<T> halves(sums.begin() + static_cast<std::ptrdiff_t>(i * lanes),
                              sums.begin() + static_cast<std::ptrdiff_t>((i + 1) * lanes));
        for (std::size_t half = lanes / 2; half != 0; half /= 2)
          for (std::size_t l = 0; l < half; ++l) halves[l] += halves[l + half];
        std::vector<T> alone(n + 1, T(77));
        if (i != 1) kernels.divide(from.data() + i * from_stride, halves[0], alone.data(), n);
        CHECK(std::equal(alone.begin(), alone.end(), to.begin() + static_cast<std::ptrdiff_t>(i * to_stride)));
      }
    }
  });
}

TEMPLATE_TEST_CASE("a softcap is c·tanh(x / c) to a few units in the last place, and writes no more", "", float,
                   double) {
  using T = TestType;
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    for (std::size_t n = 0; n <= 2 * kernels.lanes + 1; ++n) {
      std::vector<T> row = random_values<T>(n + 1, static_cast<unsigned>(n));
      const std::vector<T> before = row;
      kernels.softcap(row.data(), n, T(0.7));
      for (std::size_t j = 0; j < n; ++j) {
        const double expected = 0.7 * std::tanh(static_cast<double>(before[j]) / static_cast<double>(T(0.7)));
        REQUIRE(std::abs(static_cast<double>(row[j]) - expected) <= 4 * eps * std::abs(expected));
      }
      REQUIRE(row[n] == before[n]);
    }
    // From subnormal arguments over the joint of both ways to far past where tanh is 1.
    for (double x = 1e-40; x < 1e30; x *= 1.07) {
      T values[2] = {static_cast<T>(x), static_cast<T>(-x)};
      kernels.softcap(values, 2, T(2));
      const double expected = 2 * std::tanh(static_cast<double>(static_cast<T>(x)) / 2);
      REQUIRE(std::abs(static_cast<double>(values[0]) - expected) <=
              4 * eps * expected + static_cast<double>(std::numeric_limits<T>::denorm_min()));
      REQUIRE(values[1] == -values[0]);
    }
    const T inf = std::numeric_limits<T>::infinity();
    T special[3] = {inf, -inf, std::numeric_limits<T>::quiet_NaN()};
    kernels.softcap(special, 3, T(5));
    REQUIRE(special[0] == 5);
    REQUIRE(special[1] == -5);
    REQUIRE(std::isnan(special[2]));
  });
}

TEMPLATE_TEST_CASE("a sink joins the sum of a row", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    for (const T sink : {T(-3), T(0.5), T(9)}) {
      std::vector<T> row(kernels.lanes, T(0));
      T peak = 0, sum = 0;
      kernels.softmax_rows({.scores = row.data(),
                            .stride = 0,
                            .rows = 1,
                            .n = 2,
                            .factor = T(1.44269504088896340736),
                            .sink = &sink,
                            .peak = &peak,
                            .sum = &sum});
      const double expected = 1 / (2 + std::exp(static_cast<double>(sink)));
      REQUIRE(static_cast<double>(row[0]) == Approx(expected).epsilon(1e-6));
      REQUIRE(row[1] == row[0]);
    }
  });
}
