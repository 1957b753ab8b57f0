// The online softmax of every kernel set: running maxima, limits, and bits that do not depend on where a tile ends.
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/tile.hpp"
#include "support/catch.hpp"

using attn::KernelSet;
using attn::TileKernels;

namespace {

template <class T, class Check>
void for_each_set(Check&& check) {
  for (const KernelSet* set : attn::supported_kernel_sets()) {
    if (set->tiles<T>() == nullptr) continue;
    INFO("kernel set " << set->name);
    check(*set->tiles<T>());
  }
}

template <class T>
std::vector<T> random_values(std::size_t n, unsigned seed, double spread = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal(0, spread);
  std::vector<T> values(n);
  for (T& x : values) x = static_cast<T>(normal(engine));
  return values;
}

// The state of some rows, as the engines keep it.
template <class T>
struct State {
  State(std::size_t rows, std::size_t lane_count)
      : lanes(lane_count),
        running_max(rows, -std::numeric_limits<T>::infinity()),
        shift(running_max),
        sums(rows * lanes),
        change(rows),
        factor(rows),
        earlier(rows * lanes),
        past(rows) {}
  std::size_t lanes;
  std::vector<T> running_max, shift, sums, change, factor, earlier;
  std::vector<unsigned char> past;
  bool may_start_at_zero = false;

  double sum(std::size_t row) const {
    double total = 0;
    for (std::size_t l = 0; l < lanes; ++l) total += static_cast<double>(sums[row * lanes + l]);
    return total;
  }
};

template <class T>
void exp_scores(const TileKernels<T>& kernels, State<T>& state, T* scores, std::size_t stride, std::size_t rows,
                std::size_t n, T factor) {
  std::fill(state.factor.begin(), state.factor.end(), factor);
  kernels.exp_scores({.scores = scores,
                      .stride = static_cast<std::ptrdiff_t>(stride),
                      .rows = rows,
                      .n = n,
                      .factor = state.factor.data(),
                      .may_start_at_zero = state.may_start_at_zero,
                      .running_max = state.running_max.data(),
                      .shift = state.shift.data(),
                      .sums = state.sums.data(),
                      .change = state.change.data()});
}

// Queries and packed keys.
template <class T>
struct Factors {
  Factors(const TileKernels<T>& tile_kernels, std::size_t row_count, std::size_t n, std::size_t width, double spread)
      : kernels(tile_kernels),
        rows(row_count),
        depth(width),
        query(random_values<T>(rows * depth, 1, spread)),
        keys(random_values<T>(n * depth, 2)),
        packed((n + kernels.panel - 1) / kernels.panel * kernels.panel * depth) {
    kernels.pack_transposed({keys.data(), n, depth, static_cast<std::ptrdiff_t>(depth)}, packed.data());
  }
  const TileKernels<T>& kernels;
  std::size_t rows, depth;
  std::vector<T> query, keys, packed;

  // The scores of n keys from key j0, the start of a panel.
  void scores(std::size_t j0, std::size_t n, T* to, std::size_t stride) const {
    kernels.multiply({.a = query.data(),
                      .a_stride = static_cast<std::ptrdiff_t>(depth),
                      .b = packed.data() + j0 * depth,
                      .b_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                      .b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel * depth),
                      .c = to,
                      .c_stride = static_cast<std::ptrdiff_t>(stride),
                      .m = rows,
                      .n = n,
                      .k = depth,
                      .chain = attn::kScoreChain,
                      .in_two = attn::is_in_two(depth)});
  }

  std::size_t exp_products(State<T>& state, std::size_t j0, std::size_t n, T* to, std::size_t stride, T factor,
                           bool bounded = false, attn::RowsAhead* ahead = nullptr) const {
    std::fill(state.factor.begin(), state.factor.end(), factor);
    return kernels.exp_products({.query = query.data(),
                                 .query_stride = static_cast<std::ptrdiff_t>(depth),
                                 .keys = packed.data() + j0 * depth,
                                 .rows = rows,
                                 .n = n,
                                 .depth = depth,
                                 .weights = to,
                                 .stride = static_cast<std::ptrdiff_t>(stride),
                                 .factor = state.factor.data(),
                                 .shift = state.shift.data(),
                                 .bounded = bounded,
                                 .sums = state.sums.data(),
                                 .earlier_sums = state.earlier.data(),
                                 .past_limit = state.past.data(),
                                 .ahead = ahead});
  }
};

}  // namespace

TEMPLATE_TEST_CASE("weights by way of stored scores are powers of two relative to the running maximum", "", float,
                   double) {
  using T = TestType;
  const double tolerance = sizeof(T) == 4 ? 4e-7 : 1e-14;
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    for (std::size_t n = 1; n <= 2 * kernels.panel + 1; ++n) {
      const std::size_t stride = 3 * kernels.panel + 1;
      std::vector<T> scores = random_values<T>(2 * stride, static_cast<unsigned>(n), 3);
      const std::vector<T> before = scores;
      State<T> state(2, kernels.lanes);
      exp_scores(kernels, state, scores.data(), stride, 2, n, T(0.75));
      for (std::size_t i = 0; i < 2; ++i) {
        double total = 0;
        for (std::size_t j = 0; j < n; ++j) {
          const double x = 0.75 * static_cast<double>(before[i * stride + j]) - static_cast<double>(state.shift[i]);
          REQUIRE(static_cast<double>(scores[i * stride + j]) ==
                  Approx(std::exp2(x)).epsilon(tolerance * (1 + std::abs(x))));
          total += std::exp2(x);
        }
        REQUIRE(state.sum(i) == Approx(total).epsilon(3 * tolerance));
        REQUIRE(scores[i * stride + stride - 1] == before[i * stride + stride - 1]);
      }
    }
  });
}

TEMPLATE_TEST_CASE("weights straight from the register tile have the bits of those by way of scores", "", float,
                   double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    for (std::size_t rows = 1; rows <= 2 * kernels.tile_rows + 1; ++rows) {
      for (const std::size_t rest : {std::size_t{0}, std::size_t{1}, kernels.lanes, kernels.panel - 1}) {
        const std::size_t n = 3 * kernels.panel + rest, stride = 4 * kernels.panel + 1;
        const std::size_t depth = rest == 1 ? 2 * attn::kScoreChain + 3 : 19;
        const Factors<T> factors(kernels, rows, n, depth, rest == 1 ? 0.3 : 1);
        std::vector<T> stored(rows * stride), direct(rows * stride);
        State<T> a(rows, kernels.lanes), b(rows, kernels.lanes);
        factors.scores(0, n, stored.data(), stride);
        exp_scores(kernels, a, stored.data(), stride, rows, n, T(1.5));
        // The first panel gives the running maxima, the rest goes directly.
        factors.scores(0, kernels.panel, direct.data(), stride);
        exp_scores(kernels, b, direct.data(), stride, rows, kernels.panel, T(1.5));
        REQUIRE(factors.exp_products(b, kernels.panel, n - kernels.panel, direct.data() + kernels.panel, stride,
                                     T(1.5)) == 0);
        REQUIRE(a.sums == b.sums);
        for (std::size_t i = 0; i < rows; ++i)
          for (std::size_t j = 0; j < n; ++j) REQUIRE(stored[i * stride + j] == direct[i * stride + j]);
      }
    }
  });
}

TEMPLATE_TEST_CASE("bounded weights have the bits of those that are looked at", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t rows = 2 * kernels.tile_rows + 1, n = 3 * kernels.panel + 5, stride = 5 * kernels.panel;
    const Factors<T> factors(kernels, rows, n, 19, 1.4);
    const auto exponentials = [&](bool bounded, State<T>& state) {
      std::vector<T> weights(rows * stride);
      std::fill(state.shift.begin(), state.shift.end(), T(0));
      CHECK(factors.exp_products(state, 0, n, weights.data(), stride, T(1), bounded) == 0);
      return weights;
    };
    State<T> a(rows, kernels.lanes), b(rows, kernels.lanes);
    const std::vector<T> looked_at = exponentials(false, a), bounded = exponentials(true, b);
    CHECK(a.sums == b.sums);
    CHECK(a.sum(0) > 0);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < n; ++j) REQUIRE(looked_at[i * stride + j] == bounded[i * stride + j]);
  });
}

TEMPLATE_TEST_CASE("rows that begin with small scores keep 0 as the running maximum where that is allowed", "", float,
                   double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const auto shift_after = [&](T score, bool may_start_at_zero) {
      std::vector<T> row(kernels.panel, score);
      State<T> state(1, kernels.lanes);
      state.may_start_at_zero = may_start_at_zero;
      exp_scores(kernels, state, row.data(), 0, 1, kernels.panel, T(1));
      CHECK(state.running_max[0] == state.shift[0]);
      return state.shift[0];
    };
    CHECK(shift_after(T(-29), true) == 0);
    CHECK(shift_after(T(-29), false) == -29);
    CHECK(shift_after(T(31), true) == 31);
    CHECK(shift_after(T(-31), true) == -31);
  });
}

TEMPLATE_TEST_CASE("queries are scaled where that loses nothing, and their lengths told", "", float, double) {
  using T = TestType;
  const T inf = std::numeric_limits<T>::infinity(), tiny = std::numeric_limits<T>::min();
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    for (std::size_t n = 1; n <= 2 * kernels.lanes + 1; ++n) {
      std::vector<T> from = random_values<T>(5 * (n + 1), static_cast<unsigned>(n)), to(5 * (n + 2), T(7));
      const std::size_t last = n - 1;
      from[1 * (n + 1) + last] = tiny;              // subnormal when halved
      from[2 * (n + 1) + last] = inf;               // no number
      from[3 * (n + 1) + last] = 0;                 // stays 0
      from[4 * (n + 1) + last] = std::sqrt(-T(1));  // NaN
      std::vector<T> row_factors(5), lengths(5);
      const auto scale = [&](std::size_t first, std::size_t rows) {
        return kernels.scale_queries({.from = from.data() + first * (n + 1),
                                      .from_stride = static_cast<std::ptrdiff_t>(n + 1),
                                      .rows = rows,
                                      .n = n,
                                      .factor = T(0.5),
                                      .to = to.data() + first * (n + 2),
                                      .to_stride = static_cast<std::ptrdiff_t>(n + 2),
                                      .factors = row_factors.data() + first});
      };
      for (std::size_t i = 0; i < 5; ++i) lengths[i] = scale(i, 1);
      CHECK(scale(0, 1) == lengths[0]);
      CHECK(scale(0, 5) == inf);
      const T greatest = std::max(lengths[0], lengths[3]);
      std::copy_n(from.begin(), n + 1, from.begin() + static_cast<std::ptrdiff_t>(4 * (n + 1)));
      CHECK(scale(3, 2) == greatest);
      from[4 * (n + 1) + last] = std::sqrt(-T(1));
      std::fill_n(to.begin() + static_cast<std::ptrdiff_t>(4 * (n + 2)), n + 2, T(7));
      CHECK(scale(4, 1) == inf);
      for (const std::size_t i : {std::size_t{0}, std::size_t{3}}) {
        double square = 0;
        for (std::size_t j = 0; j < n; ++j) {
          REQUIRE(to[i * (n + 2) + j] == from[i * (n + 1) + j] / 2);
          square += std::pow(static_cast<double>(from[i * (n + 1) + j]) / 2, 2);
        }
        CHECK(row_factors[i] == 1);
        CHECK(lengths[i] == Approx(std::sqrt(square)).epsilon(1e-6));
        CHECK(to[i * (n + 2) + n] == 7);
      }
      for (const std::size_t i : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
        CHECK(row_factors[i] == T(0.5));
        CHECK(lengths[i] == inf);
        for (std::size_t j = 0; j < last; ++j) REQUIRE(to[i * (n + 2) + j] == from[i * (n + 1) + j]);
      }
    }
  });
}

TEMPLATE_TEST_CASE("rows ahead are fetched between the tiles of both products", "[rows-ahead]", float, double) {
  using T = TestType;
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    const std::size_t rows = 2 * kernels.tile_rows, n = 2 * kernels.panel, steps = 4;
    const std::vector<T> later(64 * 16);
    for (const std::size_t depth :
         {attn::kScoreChain, attn::kScoreChain + 1}) {  // sums in two chains, and one after another
      const Factors<T> factors(kernels, rows, n, depth, 0.01);
      std::vector<T> weights(rows * n), output(rows * kernels.panel);
      State<T> state(rows, kernels.lanes);
      attn::RowsAhead ahead;
      ahead.add(later.data(), 16 * sizeof(T), 64, 16 * sizeof(T));
      ahead.share_out(steps);
      factors.exp_products(state, 0, n, weights.data(), n, T(1), true, &ahead);
      CHECK(ahead.is_done());
      ahead.clear();
      ahead.add(later.data(), 16 * sizeof(T), 64, 16 * sizeof(T));
      ahead.share_out(steps / 2);
      const std::vector<T> values = random_values<T>(n * kernels.panel, 3);
      kernels.multiply_values({.a = weights.data(),
                               .a_stride = static_cast<std::ptrdiff_t>(n),
                               .b = values.data(),
                               .b_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                               .b_panel_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                               .c = output.data(),
                               .c_stride = static_cast<std::ptrdiff_t>(kernels.panel),
                               .m = rows,
                               .n = kernels.panel,
                               .k = n,
                               .accumulate = true,
                               .ahead = &ahead});
      CHECK(ahead.is_done());
    }
  });
}

TEMPLATE_TEST_CASE("packing keys tells the length of the longest", "", float, double) {
  using T = TestType;
  const T inf = std::numeric_limits<T>::infinity();
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    for (const std::size_t depth : {std::size_t{1}, std::size_t{6}, std::size_t{19}}) {
      for (std::size_t n = 1; n <= kernels.panel + kernels.lanes + 1; ++n) {
        std::vector<T> keys = random_values<T>(n * depth, static_cast<unsigned>(n));
        std::vector<T> packed((n / kernels.panel + 1) * kernels.panel * depth);
        const auto pack = [&] {
          return kernels.pack_transposed({keys.data(), n, depth, static_cast<std::ptrdiff_t>(depth)}, packed.data());
        };
        double longest = 0;
        for (std::size_t j = 0; j < n; ++j) {
          double square = 0;
          for (std::size_t k = 0; k < depth; ++k) square += std::pow(static_cast<double>(keys[j * depth + k]), 2);
          longest = std::max(longest, std::sqrt(square));
        }
        REQUIRE(pack() == Approx(longest).epsilon(1e-6));
        for (const T bad : {inf, std::numeric_limits<T>::quiet_NaN()}) {
          keys[n * depth / 2] = bad;
          REQUIRE(pack() == inf);
        }
      }
    }
  });
}

TEMPLATE_TEST_CASE("a weight past the limit is marked, its row left as it was, the others done", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t rows = 8, n = 2 * kernels.panel;
    for (const T bad : {T(1e3), std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()}) {
      Factors<T> factors(kernels, rows, n, 4, 1);
      for (std::size_t c = 0; c < 4; ++c) factors.query[5 * 4 + c] *= bad;
      State<T> state(rows, kernels.lanes);
      std::fill(state.shift.begin(), state.shift.end(), T(2));
      std::fill(state.sums.begin(), state.sums.end(), T(7));
      std::vector<T> weights(rows * n);
      REQUIRE(factors.exp_products(state, 0, n, weights.data(), n, T(1)) == 1);
      for (std::size_t i = 0; i < rows; ++i) {
        REQUIRE(state.past[i] == (i == 5 ? 1 : 0));
        REQUIRE((state.sum(i) == 7 * static_cast<double>(kernels.lanes)) == (i == 5));
      }
    }
  });
}

TEMPLATE_TEST_CASE("running maxima move with scores that grow without bound, wherever a tile ends", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t panels = 6, n = panels * kernels.panel;
    std::vector<T> scores = random_values<T>(n, 8, 8);
    for (std::size_t j = 0; j < n; ++j) scores[j] += static_cast<T>(150 * j) / static_cast<T>(n);
    double peak = -1e300, total = 0;
    for (const T x : scores) peak = std::max(peak, static_cast<double>(x));
    for (const T x : scores) total += std::exp2(static_cast<double>(x) - peak);
    std::vector<State<T>> states;
    for (const std::size_t tile : {std::size_t{1}, std::size_t{2}, std::size_t{3}, panels}) {
      State<T> state(1, kernels.lanes);
      std::vector<T> row = scores;
      for (std::size_t j = 0; j < n; j += tile * kernels.panel) {
        exp_scores(kernels, state, row.data() + j, 0, 1, tile * kernels.panel, T(1));
        for (std::size_t l = 0; l < j; ++l) row[l] *= state.change[0];
      }
      for (std::size_t j = 0; j < n; ++j)
        REQUIRE(static_cast<double>(row[j]) / state.sum(0) ==
                Approx(std::exp2(static_cast<double>(scores[j]) - peak) / total).epsilon(1e-5).margin(1e-30));
      states.push_back(state);
      REQUIRE(states[0].sums == state.sums);
      REQUIRE(states[0].shift == state.shift);
    }
    REQUIRE(static_cast<double>(states[0].shift[0]) > peak - 33);
  });
}

TEMPLATE_TEST_CASE("an attended NaN or infinity makes its row's sum NaN wherever it stands", "", float, double) {
  using T = TestType;
  for_each_set<T>([](const TileKernels<T>& kernels) {
    const std::size_t n = 2 * kernels.panel + 3;
    for (std::size_t at = 0; at < n; ++at) {
      for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
        std::vector<T> row = random_values<T>(3 * kernels.panel, 7);
        row[at] = bad;
        State<T> state(1, kernels.lanes);
        exp_scores(kernels, state, row.data(), 0, 1, n, T(1));
        REQUIRE(std::isnan(state.sum(0)));
      }
    }
  });
}

TEMPLATE_TEST_CASE("scores near the greatest number keep their differences", "", float, double) {
  using T = TestType;
  const T greatest = std::numeric_limits<T>::max();
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    std::vector<T> row(3 * kernels.panel, -greatest);
    row[1] = greatest / 2;
    row[kernels.panel + 1] = row[kernels.panel + 2] = greatest;  // their multiple is no number
    row[2 * kernels.panel] = greatest / 2;
    State<T> state(1, kernels.lanes);
    exp_scores(kernels, state, row.data(), 0, 1, row.size(), T(1.5));
    REQUIRE(state.sum(0) == Approx(2).epsilon(1e-6));
    REQUIRE(state.running_max[0] == greatest);
    REQUIRE(row[1] == 0);
    REQUIRE(row[2 * kernels.panel] == 0);
  });
}

TEMPLATE_TEST_CASE("rows that are masked so far wait with a running maximum of minus infinity", "", float, double) {
  using T = TestType;
  const T inf = std::numeric_limits<T>::infinity();
  for_each_set<T>([&](const TileKernels<T>& kernels) {
    std::vector<T> row(kernels.panel, -inf);
    State<T> state(1, kernels.lanes);
    exp_scores(kernels, state, row.data(), 0, 1, kernels.lanes, T(1));
    REQUIRE(state.running_max[0] == -inf);
    REQUIRE(state.sum(0) == 0);
    REQUIRE(state.change[0] == 1);
    for (const T weight : row) REQUIRE(weight == 0);
  });
}
