// bf16 kernels: rounding, products at all sizes around their tiles, and weights in the kernels' own form.
#include <cmath>
#include <limits>
#include <random>

#include "kernels/bfloat16.hpp"
#include "kernels/tile.hpp"
#include "support/bf16_kernels.hpp"
#include "support/catch.hpp"

using attn::bfloat16_rounded;
using attn::MatrixView;
using attn::TileKernels;

namespace {

const float nan_value = std::numeric_limits<float>::quiet_NaN();
const float inf_value = std::numeric_limits<float>::infinity();
constexpr double rounding = 0x1p-8;  // of one number, relative
const double epsilon = static_cast<double>(std::numeric_limits<float>::epsilon());

template <class Check>
void for_each_set(Check&& check) {
  for (const auto& [name, kernels, set] : attn::test::bf16_kernels()) {
    INFO("bf16 kernels " << name);
    check(*kernels);
  }
}

std::vector<float> random_values(std::size_t n, unsigned seed, float spread = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> values(n);
  for (float& x : values) x = normal(engine);
  return values;
}

std::size_t round_to(std::size_t n, std::size_t multiple) { return (n + multiple - 1) / multiple * multiple; }
std::ptrdiff_t stride_of(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

struct Sizes {
  std::size_t m, n, k;
};

// What a check of one element needs: Σ a·b, and Σ |a·b|.
struct Sum {
  double exact = 0, magnitude = 0;
  void add(float a, float b) {
    exact += static_cast<double>(a) * static_cast<double>(b);
    magnitude += std::abs(static_cast<double>(a) * static_cast<double>(b));
  }
};

// a as given, b packed by either function; rows at odd strides.
void check_multiply(const TileKernels<float>& kernels, Sizes s, bool transposed) {
  INFO("m " << s.m << ", n " << s.n << ", k " << s.k << (transposed ? ", packed from rows" : ", from columns"));
  const std::size_t a_stride = s.k + 3, c_stride = round_to(s.n, kernels.lanes) + 1;
  const auto a = random_values(1 + s.m * a_stride, 1);
  const std::size_t b_rows = transposed ? s.n : s.k, b_cols = transposed ? s.k : s.n;
  const auto b = random_values(1 + b_rows * (b_cols + 1), 2);
  std::vector<float> packed(round_to(s.n, kernels.panel) * s.k, 99), c(1 + s.m * c_stride, 77);
  const MatrixView<const float> right{b.data() + 1, b_rows, b_cols, stride_of(b_cols + 1)};
  if (transposed) {
    kernels.pack_transposed(right, packed.data());
  } else {
    kernels.pack(right, packed.data());
  }
  kernels.multiply({.a = a.data() + 1,
                    .a_stride = stride_of(a_stride),
                    .b = packed.data(),
                    .b_stride = stride_of(kernels.panel),
                    .b_panel_stride = stride_of(kernels.panel * s.k),
                    .c = c.data() + 1,
                    .c_stride = stride_of(c_stride),
                    .m = s.m,
                    .n = s.n,
                    .k = s.k,
                    .alpha = 0.75F});
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < s.n; ++j) {
      Sum sum;
      for (std::size_t l = 0; l < s.k; ++l)
        sum.add(bfloat16_rounded(a[1 + i * a_stride + l]),
                bfloat16_rounded(transposed ? right.row(j)[l] : right.row(l)[j]));
      const double error = std::abs(static_cast<double>(c[1 + i * c_stride + j]) - 0.75 * sum.exact);
      wrong += !(error <= static_cast<double>(s.k + 2) * epsilon * sum.magnitude);
    }
    wrong += c[1 + i * c_stride + c_stride - 1] != 77;
  }
  REQUIRE(wrong == 0);
  REQUIRE(c[0] == 77);
}

// Weights, made ready in place, times packed values, added to what is there.
void check_mix(const TileKernels<float>& kernels, Sizes s) {
  INFO("m " << s.m << ", n " << s.n << ", k " << s.k);
  const std::size_t a_stride = round_to(s.k, kernels.panel) + 2, c_stride = round_to(s.n, kernels.lanes) + 1;
  std::vector<float> a = random_values(s.m * a_stride, 3);
  for (std::size_t i = 0; i < s.m; ++i) a[i * a_stride + a_stride - 1] = 55;
  const std::vector<float> weights = a, values = random_values(s.k * s.n, 4);
  std::vector<float> packed(round_to(s.n, kernels.panel) * s.k, 99), c = random_values(s.m * c_stride, 5);
  const std::vector<float> before = c;
  kernels.pack({values.data(), s.k, s.n, stride_of(s.n)}, packed.data());
  kernels.convert_weights(a.data(), stride_of(a_stride), s.m, s.k);
  kernels.multiply_values({.a = a.data(),
                           .a_stride = stride_of(a_stride),
                           .b = packed.data(),
                           .b_stride = stride_of(kernels.packed_row),
                           .b_panel_stride = stride_of(kernels.panel * s.k),
                           .c = c.data(),
                           .c_stride = stride_of(c_stride),
                           .m = s.m,
                           .n = s.n,
                           .k = s.k,
                           .accumulate = true});
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t l = 0; l < s.k; ++l)
      wrong += kernels.weight(a.data() + i * a_stride, l) != bfloat16_rounded(weights[i * a_stride + l]);
    for (std::size_t j = 0; j < s.n; ++j) {
      Sum sum;
      for (std::size_t l = 0; l < s.k; ++l)
        sum.add(bfloat16_rounded(weights[i * a_stride + l]), bfloat16_rounded(values[l * s.n + j]));
      sum.add(1, before[i * c_stride + j]);
      const double error = std::abs(static_cast<double>(c[i * c_stride + j]) - sum.exact);
      wrong += !(error <= static_cast<double>(s.k + 2) * epsilon * sum.magnitude);
    }
    wrong += c[i * c_stride + c_stride - 1] != before[i * c_stride + c_stride - 1];
    wrong += a[i * a_stride + a_stride - 1] != 55;
  }
  REQUIRE(wrong == 0);
}

// The online softmax of some rows.
struct Bf16State {
  Bf16State(const TileKernels<float>& kernels, std::size_t rows)
      : running_max(rows, -inf_value),
        shift(rows, -inf_value),
        sums(rows * kernels.lanes),
        change(rows),
        factor(rows),
        earlier(sums.size()),
        past(rows) {}
  std::vector<float> running_max, shift, sums, change, factor, earlier;
  std::vector<unsigned char> past;
};

void exp_scores(const TileKernels<float>& kernels, Bf16State& state, float* scores, std::size_t stride, std::size_t n,
                float factor) {
  std::fill(state.factor.begin(), state.factor.end(), factor);
  kernels.exp_scores({.scores = scores,
                      .stride = stride_of(stride),
                      .rows = state.change.size(),
                      .n = n,
                      .factor = state.factor.data(),
                      .running_max = state.running_max.data(),
                      .shift = state.shift.data(),
                      .sums = state.sums.data(),
                      .change = state.change.data()});
}

}  // namespace

TEST_CASE("bfloat16 rounds to nearest, ties to even, and keeps what is not finite") {
  CHECK(bfloat16_rounded(1.0F) == 1.0F);
  CHECK(bfloat16_rounded(-3.140625F) == -3.140625F);
  CHECK(bfloat16_rounded(1 + 0x1p-8F) == 1);                                // a tie: even below
  CHECK(bfloat16_rounded(1 + 0x1.8p-7F) == 1 + 0x1p-6F);                    // a tie: even above
  CHECK(bfloat16_rounded(1 + 0x1.0002p-8F) == 1 + 0x1p-7F);                 // past the tie
  CHECK(bfloat16_rounded(0x1.FEp127F) == 0x1.FEp127F);                      // the greatest
  CHECK(bfloat16_rounded(std::numeric_limits<float>::max()) == inf_value);  // nearer to 2^128
  CHECK(bfloat16_rounded(0x1.FEFFFEp127F) == 0x1.FEp127F);
  CHECK(bfloat16_rounded(-inf_value) == -inf_value);
  CHECK(std::isnan(bfloat16_rounded(nan_value)));
  CHECK(std::isnan(bfloat16_rounded(std::bit_cast<float>(0x7F800001U))));  // its upper half is that of infinity
  CHECK(std::isnan(bfloat16_rounded(std::bit_cast<float>(0xFFFFFFFFU))));
  CHECK(bfloat16_rounded(0x1p-126F) == 0x1p-126F);
  CHECK(bfloat16_rounded(0x1.FFFFFCp-127F) == 0);  // subnormal
  CHECK(std::signbit(bfloat16_rounded(-0x1p-140F)));
}

TEST_CASE("kernels round every kind of number as the function does") {
  std::vector<float> values{0,
                            -0.0F,
                            1 + 0x1p-8F,
                            1 + 0x1.8p-7F,
                            0x1.FEFFFEp127F,
                            0x1p-126F,
                            0x1p-127F,
                            -0x1.8p-130F,
                            1e-45F,
                            std::numeric_limits<float>::max(),
                            inf_value,
                            -inf_value,
                            nan_value,
                            std::bit_cast<float>(0x7F800001U),
                            std::bit_cast<float>(0xFFFFFFFFU)};
  const auto more = random_values(30, 1, 100);
  values.insert(values.end(), more.begin(), more.end());
  for_each_set([&](const TileKernels<float>& kernels) {
    for (std::size_t at = 0; at < values.size(); ++at) {
      INFO("value " << at << ": " << values[at]);
      CHECK(std::bit_cast<std::uint32_t>(kernels.operand(values[at])) ==
            std::bit_cast<std::uint32_t>(bfloat16_rounded(values[at])));
    }
    std::vector<float> row = values;
    row.resize(round_to(row.size(), kernels.panel));
    kernels.convert_weights(row.data(), 0, 1, values.size());
    // As a left factor and as a right one, times 1 on the other side.
    for (std::size_t at = 0; at < values.size(); ++at) {
      INFO("value " << at << ": " << values[at]);
      const float expected = bfloat16_rounded(values[at]), got = kernels.weight(row.data(), at);
      CHECK((got == expected || (std::isnan(got) && std::isnan(expected))));
      const float one = 1;
      std::vector<float> packed(kernels.panel), c(kernels.lanes);
      for (const bool left : {true, false}) {
        kernels.pack_transposed({left ? &one : &values[at], 1, 1, 1}, packed.data());
        kernels.multiply({.a = left ? &values[at] : &one,
                          .a_stride = 1,
                          .b = packed.data(),
                          .b_stride = stride_of(kernels.panel),
                          .b_panel_stride = stride_of(kernels.panel),
                          .c = c.data(),
                          .c_stride = stride_of(kernels.lanes),
                          .m = 1,
                          .n = 1,
                          .k = 1});
        CHECK((c[0] == expected || (std::isnan(c[0]) && std::isnan(expected))));
      }
    }
  });
}

TEST_CASE("bf16 products are right at every size around the register tile") {
  for_each_set([](const TileKernels<float>& kernels) {
    for (std::size_t m = 1; m <= 2 * kernels.tile_rows + 1; ++m)
      for (const std::size_t n : {std::size_t{1}, kernels.lanes - 1, kernels.lanes, kernels.lanes + 1,
                                  2 * kernels.lanes + 1, kernels.panel - 1, kernels.panel, 2 * kernels.panel + 3})
        for (const std::size_t k : {7U, 8U}) {
          for (const bool transposed : {false, true}) check_multiply(kernels, {m, n, k}, transposed);
          check_mix(kernels, {m, n, k});
        }
    for (std::size_t k = 0; k <= 2 * kernels.panel + 3; ++k) {
      for (const bool transposed : {false, true}) check_multiply(kernels, {7, 9, k}, transposed);
      check_mix(kernels, {7, 9, k});
    }
    check_multiply(kernels, {13, 5, 1001}, true);
    check_mix(kernels, {13, 5, 1001});
  });
}

TEST_CASE("bf16 weights by way of scores are powers of two, rounded once; the sums are not rounded") {
  for_each_set([](const TileKernels<float>& kernels) {
    for (std::size_t n = 1; n <= 2 * kernels.panel + 1; ++n) {
      const std::size_t stride = round_to(n, kernels.panel) + 1;
      std::vector<float> scores = random_values(2 * stride, static_cast<unsigned>(n), 3);
      const std::vector<float> before = scores;
      Bf16State state(kernels, 2);
      exp_scores(kernels, state, scores.data(), stride, n, 0.75F);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < 2; ++i) {
        double total = 0, summed = 0;
        for (std::size_t j = 0; j < n; ++j) {
          const double x = 0.75 * static_cast<double>(before[i * stride + j]) - static_cast<double>(state.shift[i]);
          const float weight = kernels.weight(scores.data() + i * stride, j);
          wrong += weight != bfloat16_rounded(weight);
          wrong += !(std::abs(static_cast<double>(weight) - std::exp2(x)) <=
                     (rounding + 4e-7 * (1 + std::abs(x))) * std::exp2(x));
          total += std::exp2(x);
        }
        for (std::size_t l = 0; l < kernels.lanes; ++l)
          summed += static_cast<double>(state.sums[i * kernels.lanes + l]);
        CHECK(summed == Approx(total).epsilon(2e-6));
        wrong += scores[i * stride + stride - 1] != before[i * stride + stride - 1];
      }
      REQUIRE(wrong == 0);
    }
  });
}

TEST_CASE("bf16 weights straight from the register tile have the bits of those by way of scores") {
  for_each_set([](const TileKernels<float>& kernels) {
    for (std::size_t rows = 1; rows <= 2 * kernels.tile_rows + 1; ++rows) {
      for (const std::size_t rest : {std::size_t{0}, std::size_t{1}, kernels.lanes, kernels.panel - 1}) {
        const std::size_t depth = 19, n = 3 * kernels.panel + rest, stride = 4 * kernels.panel + 1;
        const auto query = random_values(rows * depth, 1), keys = random_values(n * depth, 2);
        std::vector<float> packed(round_to(n, kernels.panel) * depth), stored(rows * stride), direct = stored;
        kernels.pack_transposed({keys.data(), n, depth, stride_of(depth)}, packed.data());
        const auto scores = [&](std::size_t count, std::vector<float>& to) {
          kernels.multiply({.a = query.data(),
                            .a_stride = stride_of(depth),
                            .b = packed.data(),
                            .b_stride = stride_of(kernels.panel),
                            .b_panel_stride = stride_of(kernels.panel * depth),
                            .c = to.data(),
                            .c_stride = stride_of(stride),
                            .m = rows,
                            .n = count,
                            .k = depth,
                            .chain = attn::kScoreChain,
                            .in_two = attn::is_in_two(depth)});
        };
        Bf16State a(kernels, rows), b(kernels, rows);
        scores(n, stored);
        exp_scores(kernels, a, stored.data(), stride, n, 1.5F);
        scores(kernels.panel, direct);
        exp_scores(kernels, b, direct.data(), stride, kernels.panel, 1.5F);
        const auto exp_products = [&] {
          return kernels.exp_products({.query = query.data(),
                                       .query_stride = stride_of(depth),
                                       .keys = packed.data() + kernels.panel * depth,
                                       .rows = rows,
                                       .n = n - kernels.panel,
                                       .depth = depth,
                                       .weights = direct.data() + kernels.panel,
                                       .stride = stride_of(stride),
                                       .factor = b.factor.data(),
                                       .shift = b.shift.data(),
                                       .sums = b.sums.data(),
                                       .earlier_sums = b.earlier.data(),
                                       .past_limit = b.past.data()});
        };
        REQUIRE(exp_products() == 0);
        CHECK(a.sums == b.sums);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < n; ++j)
            wrong += kernels.weight(&stored[i * stride], j) != kernels.weight(&direct[i * stride], j);
        CHECK(wrong == 0);
        // Far below the scores: every row has a weight past the limit, and keeps its sums.
        std::fill(b.shift.begin(), b.shift.end(), -100.0F);
        const std::vector<float> sums = b.sums;
        CHECK(exp_products() == rows);
        CHECK(b.sums == sums);
      }
    }
  });
}

TEST_CASE("a running maximum that moves rescales bf16 weights of the same tile, and of earlier ones by rescale") {
  for_each_set([](const TileKernels<float>& kernels) {
    const std::size_t n = 2 * kernels.panel;
    std::vector<float> row = random_values(n, 3);
    for (std::size_t j = kernels.panel; j < n; ++j) row[j] += 40;
    std::vector<float> parts = row;
    Bf16State whole(kernels, 1), twice(kernels, 1);
    exp_scores(kernels, whole, row.data(), 0, n, 1);
    exp_scores(kernels, twice, parts.data(), 0, kernels.panel, 1);
    exp_scores(kernels, twice, parts.data() + kernels.panel, 0, kernels.panel, 1);
    REQUIRE(twice.change[0] < 0x1p-32F);
    kernels.rescale(parts.data(), kernels.panel, twice.change[0]);
    for (std::size_t j = 0; j < n; ++j) REQUIRE(kernels.weight(row.data(), j) == kernels.weight(parts.data(), j));
    REQUIRE(kernels.weight(row.data(), 0) > 0);
  });
}

TEST_CASE("an attended NaN or infinity makes a bf16 row's sum NaN wherever it stands") {
  for_each_set([](const TileKernels<float>& kernels) {
    const std::size_t n = kernels.panel + 3;
    for (std::size_t at = 0; at < n; ++at) {
      for (const float bad : {nan_value, inf_value}) {
        std::vector<float> row = random_values(2 * kernels.panel, 7);
        row[at] = bad;
        Bf16State state(kernels, 1);
        exp_scores(kernels, state, row.data(), 0, n, 1);
        float sum = 0;
        for (const float lane : state.sums) sum += lane;
        REQUIRE(std::isnan(sum));
      }
    }
  });
}
