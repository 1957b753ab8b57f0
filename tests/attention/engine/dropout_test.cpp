// Dropout in every engine and kernel set: what is dropped, what it is not to touch, and values that are not finite.
#include <algorithm>

#include "attention/bf16_sets.hpp"
#include "attention/task_case.hpp"
#include "kernels/bfloat16.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using namespace attn;
using test::inf;
using test::Matrix;
using test::not_a_number;
using test::same_bits;
using test::TaskAnswer;
using test::TaskCase;

namespace {

void drop(TaskCase& c, double p, unsigned seed = 5) {
  std::mt19937 engine(seed);
  c.kept.clear();
  for (std::size_t at = 0; at < c.q.shape(0) * c.k.shape(0); ++at)
    c.kept.push_back(static_cast<double>(engine()) >= p * 0x1p32);
  c.kept_scale = p < 1 ? 1 / (1 - p) : 0;
}

bool is_kept(const TaskCase& c, std::size_t i, std::size_t j) { return c.kept[i * c.k.shape(0) + j] != 0; }

Matrix dropped_of(const TaskCase& c, Matrix weights) {
  for (std::size_t at = 0; at < weights.size(); ++at) weights.data()[at] *= c.kept[at] ? c.kept_scale : 0;
  return weights;
}

Matrix mixed(const Matrix& weights, const Matrix& v) {
  Matrix out = Matrix::zeros(weights.shape(0), v.shape(1));
  for (std::size_t i = 0; i < weights.shape(0); ++i)
    for (std::size_t j = 0; j < v.shape(0); ++j)
      for (std::size_t d = 0; d < v.shape(1); ++d) out(i, d) += weights(i, j) * v(j, d);
  return out;
}

// The formula in plain float32 from the naive weights on.
Matrix naive_output(const TaskCase& c, const Matrix& weights) {
  Matrix out = Matrix::zeros(weights.shape(0), c.v.shape(1));
  for (std::size_t i = 0; i < out.shape(0); ++i)
    for (std::size_t d = 0; d < out.shape(1); ++d) {
      float sum = 0;
      for (std::size_t j = 0; j < c.v.shape(0); ++j)
        if (is_kept(c, i, j))
          sum += static_cast<float>(weights(i, j)) * static_cast<float>(c.kept_scale) * static_cast<float>(c.v(j, d));
      out(i, d) = static_cast<double>(sum);
    }
  return out;
}

template <class Body>
void for_each_engine(Body&& body) {
  for (const KernelSet* set : supported_kernel_sets())
    for (const bool matrices : {true, false}) {
      INFO("kernel set " << set->name << (matrices ? ", materialising" : ", streaming"));
      body(*set, matrices);
    }
}

// What is before dropout has the bits of a run without it; `dropped` follows from the weights by one multiplication.
template <class T>
void check_stages(const TaskCase& c, const KernelSet& set, bool matrices, const TaskAnswer& answer) {
  TaskCase plain = c;
  plain.kept.clear();
  const TaskAnswer before = plain.run<T>(set, matrices);
  CHECK(answer.lse == before.lse);
  CHECK(same_bits(answer.weights, before.weights));
  CHECK(same_bits(before.dropped, before.weights));
  if (!matrices) return;
  // The reference multiplies in double.
  const double unit = set.tiles<T>() == nullptr ? double(std::numeric_limits<T>::epsilon()) : 0;
  std::size_t wrong = 0;
  for (std::size_t at = 0; at < c.kept.size(); ++at) {
    const T factor = c.kept[at] ? static_cast<T>(c.kept_scale) : T(0);
    const double expected = static_cast<double>(static_cast<T>(answer.weights.data()[at]) * factor);
    wrong += !(std::abs(answer.dropped.data()[at] - expected) <= 2 * unit * expected);
  }
  CHECK(wrong == 0);
}

// In sums over all weights of a row, errors of weights cancel in part, as they are divided by their own sum; in sums
// over some they do not: the contract with dropout has 2^-22·Σ d|v| more.
struct ExpectedDropout {
  explicit ExpectedDropout(const TaskCase& c) {
    const Matrix bias = c.full_bias();
    const Matrix dropped = dropped_of(c, test::oracle(c.q, c.k, c.v, c.scale, bias).weights);
    output = mixed(dropped, c.v);
    const test::Naive naive = test::naive(c.q, c.k, c.v, static_cast<float>(c.scale), bias);
    bound = test::contract_bound(naive_output(c, naive.weights), output);
    const Matrix magnitudes = mixed(dropped, c.v.magnitudes());
    if (magnitudes.size() != 0) bound += 0x1p-22 * *std::max_element(magnitudes.begin(), magnitudes.end());
    for (const double x : output) largest = std::max(largest, std::abs(x));
  }
  Matrix output;
  double bound = 0, largest = 1;
};

// The greatest errors of few elements are a matter of luck: cases of one shape share the greatest of their bounds.
void check_dropout(const std::vector<TaskCase>& cases, const std::string& what) {
  INFO(what);
  const std::vector<ExpectedDropout> expected(cases.begin(), cases.end());
  double bound = 0;
  for (const ExpectedDropout& e : expected) bound = std::max(bound, e.bound);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    for (std::size_t at = 0; at < cases.size(); ++at) {
      const TaskCase& c = cases[at];
      const TaskAnswer f32 = c.run<float>(set, matrices), f64 = c.run<double>(set, matrices);
      CHECK(test::max_difference(f32.output, expected[at].output) <= bound);
      CHECK(test::max_difference(f64.output, expected[at].output) <= 1e-12 * expected[at].largest);
      check_stages<float>(c, set, matrices, f32);
      check_stages<double>(c, set, matrices, f64);
    }
  });
}

void check_dropout(const TaskCase& c, const std::string& what) { check_dropout(std::vector<TaskCase>{c}, what); }

}  // namespace

TEST_CASE("dropout is right at every length around vectors, bytes and blocks", "[dropout]") {
  // Up to 32 queries are decoding.
  for (const std::size_t queries : {12U, 40U}) {
    for (std::size_t n = 1; n <= 70; ++n) {
      std::vector<TaskCase> cases;
      for (unsigned seed = 1; seed <= 4; ++seed) {
        cases.emplace_back(test::TaskSizes{queries, n, 5, 8}, seed);
        drop(cases.back(), 0.3, seed);
      }
      check_dropout(cases, std::to_string(queries) + " queries, S = " + std::to_string(n));
    }
  }
  for (const std::size_t n : {191U, 257U, 300U, 513U}) {
    TaskCase c({n, 601 - n / 2, 8, 17});
    drop(c, 0.5);
    check_dropout(c, "L = " + std::to_string(n));
  }
  TaskCase decoding({3, 2501, 16, 16});
  drop(decoding, 0.9);
  check_dropout(decoding, "few queries, many keys");
}

TEST_CASE("dropout goes with every mask and bias", "[dropout]") {
  for (const char* expression : {"causal", "window:3,0", "padding:70", "none", "window:40,2 | padding:3"}) {
    for (const std::size_t n : {7U, 65U, 450U}) {
      TaskCase c({n, n + 30, 9, 10}, static_cast<unsigned>(n));
      c.mask = Mask::parse(expression, "--mask");
      if (n == 65) {
        c.bias = test::random_matrix(n, n + 30, 9, 3);
        for (std::size_t i = 0; i < n; ++i) c.bias(i, (i * 7) % (n + 30)) = -inf;
      }
      drop(c, 0.4);
      check_dropout(c, std::string(expression) + ", L = " + std::to_string(n));
    }
  }
}

TEST_CASE("what a row's running maximum has moved past is dropped as well", "[dropout]") {
  TaskCase growing({40, 2000, 4, 3});
  for (std::size_t j = 0; j < 2000; ++j) growing.k.scale_row(j, static_cast<double>(j) / 200);
  for (double& x : growing.k) x = static_cast<double>(static_cast<float>(x));
  drop(growing, 0.5);
  check_dropout(growing, "maxima that grow from block to block");
}

TEST_CASE("softcap, sink and huge values go with dropout in both engines", "[dropout]") {
  TaskCase c({50, 300, 8, 5});
  c.softcap = 2;
  c.sinks = {1.5};
  drop(c, 0.5);
  TaskCase large = c;
  large.v *= 0x1p100;
  for_each_engine([&](const KernelSet& set, bool matrices) {
    // By the weights of the run without dropout.
    TaskCase plain = c;
    plain.kept.clear();
    const Matrix output = mixed(dropped_of(c, plain.run<double>(set, true).weights), c.v);
    CHECK(test::max_difference(c.run<double>(set, matrices).output, output) <= 1e-12);
    CHECK(test::max_difference(c.run<float>(set, matrices).output, output) <= 2e-6);
    CHECK(test::max_difference(0x1p-100 * large.run<float>(set, matrices).output, output) <= 2e-6);
  });
}

TEST_CASE("bf16 keeps its contract with dropout", "[dropout]") {
  for (const test::TaskSizes sizes :
       {test::TaskSizes{3, 70, 8, 3}, {70, 333, 16, 65}, {2, 2501, 32, 16}, {300, 129, 64, 64}}) {
    TaskCase c(sizes);
    for (Matrix* m : {&c.q, &c.k, &c.v})
      for (double& x : *m) x = static_cast<double>(bfloat16_rounded(static_cast<float>(x)));
    drop(c, 0.5);
    const test::Oracle exact = test::oracle(c.q, c.k, c.v, c.scale, c.full_bias());
    const Matrix weights = dropped_of(c, exact.weights), output = mixed(weights, c.v);
    const Matrix bound = 0x1p-8 * mixed(weights, c.v.magnitudes()) + 1e-5;
    std::vector<const KernelSet*> sets{supported_kernel_sets().front()};  // the reference
    for (const KernelSet& set : test::bf16_sets()) sets.push_back(&set);
    c.operands = test::Operands::bf16;
    for (const KernelSet* set : sets)
      for (const bool matrices : {true, false}) {
        INFO(set->name << (matrices ? ", materialising" : ", streaming") << ", S = " << sizes.keys);
        const TaskAnswer answer = c.run<float>(*set, matrices);
        std::size_t wrong = 0;
        for (std::size_t at = 0; at < output.size(); ++at)
          wrong += !(std::abs(answer.output.data()[at] - output.data()[at]) <= bound.data()[at]);
        CHECK(wrong == 0);
      }
  }
}

TEST_CASE("a row that may attend nothing is dropped by its own rule", "[dropout]") {
  TaskCase c({3, 300, 4, 5});
  c.mask = Mask::parse("none", "--mask");
  drop(c, 0.5);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    c.empty_row = EmptyRow::zero;
    for (const double x : c.run<float>(set, matrices).output) CHECK(x == 0);
    c.empty_row = EmptyRow::nan;
    const TaskAnswer nan = c.run<float>(set, matrices);
    for (const double x : nan.output) CHECK(std::isnan(x));
    if (matrices)
      for (const double x : nan.dropped) CHECK(std::isnan(x));
    c.empty_row = EmptyRow::uniform;
    Matrix uniform = Matrix::zeros(3, 300);
    uniform.fill(1.0 / 300);
    uniform = dropped_of(c, uniform);
    const TaskAnswer answer = c.run<float>(set, matrices);
    CHECK(test::max_difference(answer.output, mixed(uniform, c.v)) <= 2e-7);
    if (matrices) CHECK(test::max_difference(answer.dropped, uniform) <= 1e-9);
  });
}

TEST_CASE("NaN and infinity in a value reach every query that attends it, dropped or not, and no other", "[dropout]") {
  for (const std::size_t queries : {4U, 60U}) {
    TaskCase c({queries, 310, 6, 7});
    c.mask = Mask::parse("!stride:2", "--mask");  // a query attends the keys at odd distances
    c.v(105, 2) = not_a_number;
    c.v(205, 3) = inf;
    drop(c, 0.5);
    for_each_engine([&](const KernelSet& set, bool matrices) {
      const TaskAnswer answer = c.run<float>(set, matrices);
      for (std::size_t i = 0; i < queries; ++i) {
        const bool attends = i % 2 == 0;
        for (std::size_t d = 0; d < 7; ++d) {
          INFO("query " << i << ", column " << d);
          const double x = answer.output(i, d);
          if (attends && d == 2) {
            CHECK(std::isnan(x));
          } else if (attends && d == 3) {
            // 0·∞ is NaN.
            CHECK((is_kept(c, i, 205) ? x == inf : std::isnan(x)));
          } else {
            CHECK(std::isfinite(x));
          }
        }
      }
    });
  }
}

TEST_CASE("NaN weights stay NaN where they are dropped, and masked ones stay 0", "[dropout]") {
  TaskCase c({40, 50, 6, 7});
  c.mask = Mask::parse("padding:30", "--mask");
  c.q(11, 2) = not_a_number;
  drop(c, 0.5);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    const TaskAnswer answer = c.run<float>(set, matrices);
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t d = 0; d < 7; ++d) CHECK(std::isnan(answer.output(i, d)) == (i == 11));
    if (!matrices) return;
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t j = 0; j < 50; ++j) {
        CHECK(std::isnan(answer.dropped(i, j)) == (i == 11 && j < 30));
        if (j >= 30 || (i != 11 && !is_kept(c, i, j))) CHECK(answer.dropped(i, j) == 0);
      }
  });
}

TEST_CASE("with probability 1 nothing is left", "[dropout]") {
  TaskCase c({50, 60, 6, 7});
  drop(c, 1);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    const TaskAnswer answer = c.run<float>(set, matrices);
    for (const double x : answer.output) CHECK(x == 0);
    for (const double x : answer.dropped) CHECK(x == 0);
  });
}

TEST_CASE("dropout is the same to the bit for any number of threads", "[dropout]") {
  TaskCase c({700, 901, 64, 40});
  c.mask = Mask::causal();
  drop(c, 0.5);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    c.threads = 1;
    const TaskAnswer one = c.run<float>(set, matrices);
    for (const std::size_t threads : {2U, 7U}) {
      c.threads = threads;
      const TaskAnswer many = c.run<float>(set, matrices);
      CHECK(same_bits(one.output, many.output));
      CHECK(same_bits(one.dropped, many.dropped));
    }
  });
}
