// bf16 within its error contract: both engines, decoding and the reference against the formula on rounded operands.
#include "attention/bf16_sets.hpp"
#include "attention/task_case.hpp"
#include "kernels/bfloat16.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

using namespace attn;
using test::inf;
using test::Matrix;
using test::TaskAnswer;
using test::TaskCase;

namespace {

void round_all(Matrix& m) {
  for (double& x : m) x = static_cast<double>(bfloat16_rounded(static_cast<float>(x)));
}

// The contract: float32's on the rounded operands, 2^-8·Σ w|v| for the rounding of the weights, and S·2^-126 for
// subnormal numbers, which count as 0.
struct ExpectedBf16 {
  explicit ExpectedBf16(TaskCase c) {
    for (Matrix* m : {&c.q, &c.k, &c.v}) round_all(*m);
    const Matrix bias = c.full_bias();
    exact = test::oracle(c.q, c.k, c.v, c.scale, bias);
    const test::Naive naive = test::naive(c.q, c.k, c.v, static_cast<float>(c.scale), bias);
    weights_bound = test::contract_bound(naive.weights, exact.weights);
    const double plain =
        test::contract_bound(naive.output, exact.output) + 0x1p-126 * static_cast<double>(c.k.shape(0));
    c.v = c.v.magnitudes();
    output_bound = 0x1p-8 * test::oracle(c.q, c.k, c.v, c.scale, bias).output + plain;
  }
  test::Oracle exact;
  double weights_bound = 0;
  Matrix output_bound;
};

void check_bf16(TaskCase c, const std::string& what) {
  const ExpectedBf16 expected(c);
  std::vector<const KernelSet*> sets{&reference_kernel_set()};
  REQUIRE(sets.front()->tiles<float>(true) == nullptr);
  for (const KernelSet& set : test::bf16_sets()) sets.push_back(&set);
  c.operands = test::Operands::bf16;
  for (const KernelSet* set : sets) {
    for (const bool matrices : {true, false}) {
      INFO(what << ", " << set->name << (matrices ? ", materialising" : ", streaming"));
      const TaskAnswer answer = c.run<float>(*set, matrices);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < answer.output.size(); ++i)
        wrong +=
            !(std::abs(answer.output.data()[i] - expected.exact.output.data()[i]) <= expected.output_bound.data()[i]);
      CHECK(wrong == 0);
      for (std::size_t i = 0; i < answer.lse.size(); ++i)
        CHECK(answer.lse[i] == Approx(expected.exact.lse[i]).epsilon(2e-6).margin(2e-5));
      if (matrices) CHECK(test::max_difference(answer.weights, expected.exact.weights) <= expected.weights_bound);
    }
  }
}

}  // namespace

TEST_CASE("bf16 attention is within its contract at every size around tiles and pairs") {
  for (std::size_t n = 1; n <= 70; ++n) check_bf16(TaskCase({n, n + 1, 5, 3}, 1), "L = " + std::to_string(n));
  for (std::size_t d = 1; d <= 70; d += 3) check_bf16(TaskCase({7, 9, d, d}, 2), "d = " + std::to_string(d));
  for (const std::size_t n : {191U, 192U, 193U, 256U, 300U, 513U})
    check_bf16(TaskCase({n, 600 - n / 2, 64, 65}, 3), "L = " + std::to_string(n));
  check_bf16(TaskCase({3, 1500, 16, 16}, 4), "1500 keys");
  check_bf16(TaskCase({1, 20000, 32, 16}, 5), "20000 keys");
}

TEST_CASE("bf16 attention is within its contract under masks and biases") {
  for (const char* expression : {"causal", "window:3,0", "window:40,2 | padding:3", "none", "!window:100,100"}) {
    for (const std::size_t n : {1U, 7U, 65U, 450U}) {
      TaskCase c({n, n + 30, 9, 10}, static_cast<unsigned>(n));
      c.mask = Mask::parse(expression, "--mask");
      check_bf16(c, std::string(expression) + ", L = " + std::to_string(n));
    }
  }
  TaskCase c({300, 305, 6, 7});
  c.bias = test::random_matrix(300, 305, 9, 3);
  for (std::size_t i = 0; i < 300; ++i) c.bias(i, (i * 7) % 305) = -inf;
  check_bf16(c, "bias");
}

TEST_CASE("bf16 attention is within its contract on ill-conditioned scores") {
  check_bf16(TaskCase({40, 700, 16, 8}, 3, 6), "scores to 100 and over");
  for (const std::size_t queries : {5U, 40U}) {  // by decoding, and by streaming
    TaskCase growing({queries, 2000, 4, 3});
    for (std::size_t j = 0; j < 2000; ++j) growing.k.scale_row(j, static_cast<double>(j) / 200);
    check_bf16(growing, "maxima that grow from block to block");
  }
  TaskCase one_hot({20, 300, 4, 4});
  one_hot.q *= 64.0;
  check_bf16(one_hot, "one weight of a row is nearly 1");
  TaskCase large({4, 300, 2, 2});
  large.q *= 1e18;
  large.k *= 1e18;
  check_bf16(large, "scores near the limits of float32");
  TaskCase tiny({40, 40, 8, 8});
  tiny.q *= 0x1p-140;
  tiny.v *= 0x1p-124;
  check_bf16(tiny, "subnormal queries and values");
  TaskCase huge({40, 90, 8, 8});
  huge.v *= 0x1p124;
  huge.v.fill_row(3, 1.0);
  check_bf16(huge, "huge values, and small ones beside them");
  huge.mask = Mask::parse("window:0,0", "--mask");
  check_bf16(huge, "a small value alone");
}

TEST_CASE("a value that is past the greatest bfloat16 is infinite, and no matter where it is masked") {
  TaskCase c({40, 50, 4, 3});
  c.v(7, 1) = static_cast<double>(std::numeric_limits<float>::max());
  c.mask = Mask::causal();
  for (const KernelSet& set : test::bf16_sets())
    for (const bool matrices : {true, false}) {
      const TaskAnswer answer = c.run<float>(set, matrices);
      for (std::size_t i = 0; i < 40; ++i)
        for (std::size_t d = 0; d < 3; ++d) CHECK(std::isinf(answer.output(i, d)) == (i >= 7 && d == 1));
    }
}

TEST_CASE("bf16 differs from float32, and the sets that a user names round as well") {
  TaskCase c({40, 50, 16, 8});
  for (const KernelSet* set : supported_kernel_sets()) {
    for (const bool matrices : {true, false}) {
      INFO(set->name << (matrices ? ", materialising" : ", streaming"));
      c.operands = test::Operands::f32;
      const TaskAnswer plain = c.run<float>(*set, matrices);
      c.operands = test::Operands::bf16;
      const double difference = test::max_difference(c.run<float>(*set, matrices).output, plain.output);
      CHECK(difference > 1e-5);
      CHECK(difference < 0.05);
      CHECK_THROWS_AS(c.run<double>(*set, matrices), std::logic_error);
    }
  }
}
