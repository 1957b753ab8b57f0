// Rows that may attend nothing, values that are not finite, sizes of 0, and any number of threads.
#include "support/special_values.hpp"

#include "attention/bf16_sets.hpp"
#include "attention/task_case.hpp"
#include "support/catch.hpp"

using namespace attn;
using test::inf;
using test::Matrix;
using test::not_a_number;
using test::same_bits;
using test::TaskAnswer;
using test::TaskCase;

namespace {

// Runs `body(set, matrices)` for every kernel set, in float and in bf16, and both engines.
template <class Body>
void for_each_engine(Body&& body) {
  std::vector<const KernelSet*> sets = supported_kernel_sets();
  for (const KernelSet& set : test::bf16_sets()) sets.push_back(&set);
  for (const KernelSet* set : sets) {
    for (const bool matrices : {true, false}) {
      INFO("kernel set " << set->name << (test::rounding_of(*set) != 0 ? " bf16" : "")
                         << (matrices ? ", materialising" : ", streaming"));
      body(*set, matrices);
    }
  }
}

}  // namespace

TEST_CASE("a row that may attend nothing is zero, NaN or uniform, as asked") {
  TaskCase c({3, 300, 4, 5});
  c.mask = Mask::parse("none", "--mask");
  for_each_engine([&](const KernelSet& set, bool matrices) {
    c.empty_row = EmptyRow::zero;
    TaskAnswer answer = c.run<float>(set, matrices);
    for (const double x : answer.output) CHECK(x == 0);
    for (const double x : answer.lse) CHECK(x == -inf);
    if (matrices)
      for (const double x : answer.weights) CHECK(x == 0);
    c.empty_row = EmptyRow::nan;
    answer = c.run<float>(set, matrices);
    for (const double x : answer.output) CHECK(std::isnan(x));
    if (matrices)
      for (const double x : answer.weights) CHECK(std::isnan(x));
    c.empty_row = EmptyRow::uniform;
    answer = c.run<float>(set, matrices);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t d = 0; d < 5; ++d)
        CHECK(answer.output(i, d) == Approx(c.v.column_mean(d)).epsilon(1e-5).margin(1e-6));
    if (matrices)
      for (const double x : answer.weights) CHECK(x == Approx(1.0 / 300));
  });
}

TEST_CASE("a huge negative bias is not a mask: an all-equal row is uniform") {
  TaskCase c({2, 40, 4, 3});
  c.q *= 0.0;
  c.bias = Matrix::zeros(2, 40);
  c.bias.fill(-3.4e38);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    const TaskAnswer answer = c.run<float>(set, matrices);
    const double mean = c.v.column_mean(0);
    CHECK(answer.output(0, 0) == Approx(mean).epsilon(1e-5).margin(1e-6 + test::rounding_of(set)));
  });
}

TEST_CASE("what is not finite in a masked key or value does not reach the row, to the bit") {
  // Of 10 columns and of 21 there are kernel sets for which the last ones are a tail.
  const auto columns = GENERATE(std::size_t{10}, std::size_t{21});
  TaskCase clean({310, 310, 12, columns});
  clean.mask = Mask::causal();
  for (const double bad : {not_a_number, inf, -inf}) {
    TaskCase dirty = clean;
    // Queries before 200 may not attend key 200.
    dirty.k.fill_row(200, bad);
    dirty.v.fill_row(200, bad);
    for_each_engine([&](const KernelSet& set, bool matrices) {
      const TaskAnswer a = clean.run<float>(set, matrices), b = dirty.run<float>(set, matrices);
      CHECK(same_bits(a.output.rows(0, 200), b.output.rows(0, 200)));
      if (matrices) CHECK(same_bits(a.weights.rows(0, 200), b.weights.rows(0, 200)));
      if (std::isnan(bad))
        for (std::size_t i = 200; i < 310; ++i) CHECK(std::isnan(b.output(i, 3)));
    });
  }
}

TEST_CASE("tiny values are not lost where another query attends huge ones beside what is not finite") {
  const auto columns = GENERATE(std::size_t{16}, std::size_t{18}, std::size_t{3});
  for (const std::size_t queries : {std::size_t{20}, std::size_t{60}}) {
    TaskCase c({queries, queries, 4, columns});
    c.v.fill(1e-30);
    c.v.fill_row(5, not_a_number);
    c.v.fill_row(6, 0x1p120);
    // Every query attends itself, and the last one everything.
    Tensor mask(DType::u8, {queries, queries});
    for (std::size_t i = 0; i < queries; ++i)
      for (std::size_t j = 0; j < queries; ++j)
        mask.values<std::uint8_t>()[i * queries + j] = i == j || i + 1 == queries;
    c.mask = Mask::stored(std::move(mask), "mask");
    for_each_engine([&](const KernelSet& set, bool matrices) {
      const TaskAnswer answer = c.run<float>(set, matrices);
      // With matrices, all values of a head are scaled alike.
      if (!matrices) CHECK(answer.output(3, 2) == Approx(1e-30).epsilon(1e-6 + test::rounding_of(set)));
      CHECK(answer.output(6, 2) == Approx(0x1p120).epsilon(1e-6));
      CHECK(std::isnan(answer.output(5, 2)));
      CHECK(std::isnan(answer.output(queries - 1, 2)));
    });
  }
}

TEST_CASE("a bias of minus infinity keeps what is not finite out as well") {
  TaskCase c({5, 30, 4, 4});
  c.v.fill_row(7, not_a_number);
  c.k.fill_row(7, not_a_number);
  c.bias = Matrix::zeros(5, 30);
  c.bias.fill(0);
  c.bias.fill_column(7, -inf);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    for (const double x : c.run<float>(set, matrices).output) CHECK(std::isfinite(x));
  });
}

TEST_CASE("NaN reaches exactly the entries that depend on it") {
  TaskCase c({40, 50, 6, 7});
  c.mask = Mask::parse("padding:30", "--mask");
  c.q(11, 2) = not_a_number;
  c.v(5, 3) = not_a_number;
  for_each_engine([&](const KernelSet& set, bool matrices) {
    const TaskAnswer answer = c.run<float>(set, matrices);
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t d = 0; d < 7; ++d) CHECK(std::isnan(answer.output(i, d)) == (i == 11 || d == 3));
    if (!matrices) return;
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t j = 0; j < 50; ++j) {
        CHECK(std::isnan(answer.weights(i, j)) == (i == 11 && j < 30));
        if (j >= 30) CHECK(answer.weights(i, j) == 0);
      }
  });
}

TEST_CASE("infinite values give infinite outputs where they are attended") {
  TaskCase c({3, 20, 4, 4});
  c.v(5, 0) = inf;
  c.v(6, 1) = -inf;
  c.v(5, 2) = inf;
  c.v(6, 2) = -inf;
  for_each_engine([&](const KernelSet& set, bool matrices) {
    const TaskAnswer answer = c.run<float>(set, matrices);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(answer.output(i, 0) == inf);
      CHECK(answer.output(i, 1) == -inf);
      CHECK(std::isnan(answer.output(i, 2)));
      CHECK(std::isfinite(answer.output(i, 3)));
    }
  });
}

TEST_CASE("a row whose attended scores are all minus infinity is undefined, not empty") {
  TaskCase c({2, 20, 1, 3});
  c.q.fill(1);
  c.k.fill(-inf);
  for_each_engine([&](const KernelSet& set, bool matrices) {
    for (const double x : c.run<float>(set, matrices).output) CHECK(std::isnan(x));
  });
}

TEST_CASE("sizes of 0 give empty or zero results") {
  for (const test::TaskSizes sizes : {test::TaskSizes{0, 5, 3, 2}, {3, 0, 4, 2}, {3, 5, 4, 0}, {2, 3, 0, 2}}) {
    TaskCase c(sizes);
    for_each_engine([&](const KernelSet& set, bool matrices) {
      const TaskAnswer answer = c.run<float>(set, matrices);
      REQUIRE(answer.output.shape(0) == sizes.queries);
      REQUIRE(answer.output.shape(1) == sizes.value_depth);
      if (sizes.keys == 0)
        for (const double x : answer.output) CHECK(x == 0);
      if (sizes.depth == 0)
        CHECK(answer.output(1, 1) == Approx(c.v.column_mean(1)).epsilon(1e-6).margin(test::rounding_of(set)));
    });
  }
}

TEST_CASE("the result is the same to the bit for any number of threads") {
  TaskCase c({700, 900, 64, 40});
  c.mask = Mask::parse("causal | padding:100", "--mask");
  for_each_engine([&](const KernelSet& set, bool matrices) {
    c.threads = 1;
    const TaskAnswer one = c.run<float>(set, matrices);
    for (const std::size_t threads : {2U, 3U, 7U}) {
      c.threads = threads;
      const TaskAnswer many = c.run<float>(set, matrices);
      CHECK(same_bits(one.output, many.output));
      CHECK(same_bits(one.weights, many.weights));
      CHECK(one.lse == many.lse);
    }
  });
}

TEST_CASE("a row does not depend on the rows beside it, to the bit") {
  TaskCase whole({400, 500, 32, 24});
  whole.mask = Mask::parse("window:90,10", "--mask");
  TaskCase part = whole;
  part.q = whole.q.rows(133, 350);
  part.sizes.queries = 217;
  part.shape.offsets = {133};
  for_each_engine([&](const KernelSet& set, bool matrices) {
    const TaskAnswer a = whole.run<float>(set, matrices), b = part.run<float>(set, matrices);
    CHECK(same_bits(a.output.rows(133, 350), b.output));
  });
}
