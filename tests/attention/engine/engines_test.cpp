// Both engines and the reference against the formula, on every kernel set.
#include "attention/task_case.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using namespace attn;
using test::inf;
using test::Matrix;
using test::TaskAnswer;
using test::TaskCase;

namespace {

// The oracle's answer to a case and the error that plain float32 makes on it.
struct ExpectedAnswer {
  explicit ExpectedAnswer(const TaskCase& c)
      : bias(c.full_bias()),
        exact(test::oracle(c.q, c.k, c.v, c.scale, bias)),
        naive(test::naive(c.q, c.k, c.v, static_cast<float>(c.scale), bias)),
        weights_bound(test::contract_bound(naive.weights, exact.weights)),
        output_bound(test::contract_bound(naive.output, exact.output)) {}
  Matrix bias;
  test::Oracle exact;
  test::Naive naive;
  double weights_bound, output_bound;
};

// float64 within 1e-12 of the greatest element; float32 within the given bounds.
void check_engine(const TaskCase& c, const KernelSet& set, bool matrices, const test::Oracle& exact,
                  double weights_bound, double output_bound) {
  INFO("kernel set " << set.name << (matrices ? ", materialising" : ", streaming"));
  double largest = 1;
  for (const double x : exact.output) largest = std::max(largest, std::abs(x));
  const TaskAnswer f32 = c.run<float>(set, matrices);
  const TaskAnswer f64 = c.run<double>(set, matrices);
  CHECK(test::max_difference(f32.output, exact.output) <= output_bound);
  CHECK(test::max_difference(f64.output, exact.output) <= 1e-12 * largest);
  for (std::size_t i = 0; i < f64.lse.size(); ++i) {
    CHECK(f64.lse[i] == Approx(exact.lse[i]).epsilon(1e-12).margin(1e-12));
    CHECK(f32.lse[i] == Approx(exact.lse[i]).epsilon(2e-6).margin(2e-5));
  }
  if (!matrices) return;
  const double largest_score = exact.scores.size() == 0 ? 1 : std::max(1.0, exact.scores.magnitudes().greatest());
  CHECK(test::max_difference(f32.weights, exact.weights) <= weights_bound);
  CHECK(test::max_difference(f64.weights, exact.weights) <= 1e-12);
  CHECK(test::max_difference(f64.scores, exact.scores) <= 1e-12 * largest_score);
  CHECK(test::max_difference(f64.masked, exact.masked) <= 1e-12 * largest_score);
}

// Cases of one shape: the contract compares greatest errors, which of a few elements alone are a matter of
// luck, so that all cases share the greatest of their bounds.
void check_engines(const std::vector<TaskCase>& cases, const std::string& what) {
  INFO(what);
  std::vector<ExpectedAnswer> expected(cases.begin(), cases.end());
  double weights_bound = 0, output_bound = 0;
  for (const ExpectedAnswer& e : expected) {
    weights_bound = std::max(weights_bound, e.weights_bound);
    output_bound = std::max(output_bound, e.output_bound);
  }
  for (const KernelSet* set : supported_kernel_sets())
    for (std::size_t i = 0; i < cases.size(); ++i)
      for (const bool matrices : {true, false})
        check_engine(cases[i], *set, matrices, expected[i].exact, weights_bound, output_bound);
}

void check_engines(const TaskCase& c, const std::string& what) { check_engines(std::vector<TaskCase>{c}, what); }

void check_sizes(test::TaskSizes sizes, const std::string& what) {
  std::vector<TaskCase> cases;
  for (unsigned seed = 1; seed <= 16; ++seed) cases.emplace_back(sizes, seed);
  check_engines(cases, what);
}

}  // namespace

TEST_CASE("attention is right at every length from 1 to past two vectors") {
  for (std::size_t n = 1; n <= 70; ++n) check_sizes({n, n, 5, 3}, "L = S = " + std::to_string(n));
  for (std::size_t n = 1; n <= 70; n += 3) check_sizes({2, n, 4, n}, "S = d_v = " + std::to_string(n));
  for (std::size_t d = 1; d <= 70; ++d) check_sizes({7, 9, d, d}, "d = " + std::to_string(d));
}

TEST_CASE("attention is right across the edges of blocks") {
  for (const std::size_t n : {191U, 192U, 193U, 255U, 256U, 257U, 300U, 513U})
    check_engines(TaskCase({n, 600 - n / 2, 8, 6}), "L = " + std::to_string(n));
  check_engines(TaskCase({3, 1500, 16, 16}), "1500 keys");
}

TEST_CASE("masks of every shape are right in both engines") {
  for (const char* expression : {"causal", "window:3,0", "window:0,5", "padding:70", "none", "causal & padding:10",
                                 "window:40,2 | padding:3", "!causal", "!window:100,100", "padding:0 | window:0,0"}) {
    for (const std::size_t n : {1U, 7U, 64U, 65U, 200U, 450U}) {
      TaskCase c({n, n + 30, 9, 10}, static_cast<unsigned>(n));
      c.mask = Mask::parse(expression, "--mask");
      check_engines(c, std::string(expression) + ", L = " + std::to_string(n));
    }
  }
}

TEST_CASE("a bias is added to the scaled scores, and minus infinity masks") {
  for (const std::size_t n : {1U, 30U, 300U}) {
    TaskCase c({n, n + 5, 6, 7});
    c.bias = test::random_matrix(n, n + 5, 9, 3);
    for (std::size_t i = 0; i < n; ++i) c.bias(i, (i * 7) % (n + 5)) = -inf;
    if (n > 1) c.bias.fill_row(1, -inf);
    check_engines(c, "bias alone");
    c.mask = Mask::causal();
    check_engines(c, "bias and causal mask");
  }
}

TEST_CASE("ill-conditioned scores stay within the error contract") {
  check_engines(TaskCase({40, 700, 16, 8}, 3, 6), "scores to 100 and over");
  TaskCase growing({5, 2000, 4, 3});
  for (std::size_t j = 0; j < 2000; ++j) growing.k.scale_row(j, static_cast<double>(j) / 200);
  for (double& x : growing.k) x = static_cast<double>(static_cast<float>(x));
  check_engines(growing, "maxima that grow from block to block");
  TaskCase one_hot({20, 300, 4, 4});
  one_hot.q *= 64.0;
  check_engines(one_hot, "one weight of a row is nearly 1");
  TaskCase huge({4, 300, 2, 2});
  huge.q *= 1e18;
  huge.k *= 1e18;
  for (Matrix* m : {&huge.q, &huge.k})
    for (double& x : *m) x = static_cast<double>(static_cast<float>(x));
  check_engines(huge, "scores near the limits of float32");
  TaskCase tiny({20, 40, 8, 8});
  tiny.q *= 0x1p-140;
  tiny.v *= 0x1p-140;
  for (Matrix* m : {&tiny.q, &tiny.v})
    for (double& x : *m) x = static_cast<double>(static_cast<float>(x));
  check_engines(tiny, "subnormal queries and values");
  TaskCase large_values({40, 90, 8, 8});
  large_values.v *= 0x1p100;
  check_engines(large_values, "values that sums of would overflow");
  check_engines(TaskCase({2, 100000, 8, 4}), "a hundred thousand keys");
}

TEST_CASE("scale multiplies the scores: 0 is uniform, and none is 1") {
  TaskCase c({4, 6, 8, 2});
  for (const double scale : {0.0, 1.0, -0.5, 0.125}) {
    c.scale = scale;
    check_engines(c, "scale " + std::to_string(scale));
  }
  c.scale = 0;
  for (const KernelSet* set : supported_kernel_sets())
    for (const double weight : c.run<double>(*set, true).weights) REQUIRE(weight == Approx(1.0 / 6).epsilon(1e-15));
}

TEST_CASE("softcap and sink do what their formulas say") {
  TaskCase c({9, 300, 8, 5});
  c.q *= 8.0;
  c.softcap = 2;
  c.sinks = {1.5};
  Matrix capped = test::oracle(c.q, c.k, c.v, c.scale, c.full_bias()).scores;
  capped = capped.each([](double score) { return 2 * std::tanh(score / 2); });
  for (const KernelSet* set : supported_kernel_sets()) {
    for (const bool matrices : {true, false}) {
      const TaskAnswer answer = c.run<double>(*set, matrices);
      for (std::size_t i = 0; i < 9; ++i) {
        double sum = std::exp(1.5), expected = 0;
        for (std::size_t j = 0; j < 300; ++j) sum += std::exp(capped(i, j));
        for (std::size_t j = 0; j < 300; ++j) expected += std::exp(capped(i, j)) / sum * c.v(j, 2);
        CHECK(answer.lse[i] == Approx(std::log(sum)).epsilon(1e-12));
        CHECK(answer.output(i, 2) == Approx(expected).epsilon(1e-10).margin(1e-12));
      }
    }
  }
}

TEST_CASE("weights are probabilities: rows sum to 1") {
  const TaskCase c({50, 333, 16, 4});
  for (const KernelSet* set : supported_kernel_sets()) {
    const TaskAnswer answer = c.run<float>(*set, true);
    for (std::size_t i = 0; i < 50; ++i) CHECK(answer.weights.rows(i, i + 1).sum() == Approx(1).epsilon(1e-6));
  }
}
