// Laws that hold between runs: what changes nothing, and what two ways give alike.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "attention/task_case.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

// Many rows: the streaming engine. A few: the decoding engine. Both also with weights.
constexpr TaskSizes square{150, 150, 16, 12, 2, 4, 2, 0};
constexpr TaskSizes few{4, 700, 16, 12, 2, 4, 2, 0};

template <class Body>
void for_each_run(Body body) {
  for (const KernelSet* set : supported_kernel_sets())
    for (const bool matrices : {true, false}) {
      INFO(set->name << (matrices ? ", with weights" : ", without weights"));
      body(*set, matrices ? TaskWants::output_and_weights : TaskWants::output);
    }
}

// Rows [first, first + count) of each run of `rows` rows.
Matrix rows_of(const Matrix& all, std::size_t rows, std::size_t first, std::size_t count) {
  const std::size_t heads = all.shape(0) / rows;
  Matrix part = Matrix::zeros(heads * count, all.shape(1));
  for (std::size_t head = 0; head < heads; ++head)
    part.put(head * count, 0, all.rows(head * rows + first, head * rows + first + count));
  return part;
}

Matrix outputs_of(const TaskCase& c, const TaskAnswer& answer, std::size_t first, std::size_t count) {
  return rows_of(answer.output, c.sizes.queries, first, count);
}

// Queries [first, first + L), keys [first_key, first_key + S) of a case without a mask.
TaskCase part_of(const TaskCase& c, std::size_t first, std::size_t queries, std::size_t first_key, std::size_t keys) {
  TaskSizes sizes = c.sizes;
  sizes.queries = queries;
  sizes.keys = keys;
  TaskCase part(sizes);
  part.q = rows_of(c.q, c.sizes.queries, first, queries);
  part.k = rows_of(c.k, c.sizes.keys, first_key, keys);
  part.v = rows_of(c.v, c.sizes.keys, first_key, keys);
  return part;
}

Mask parsed(const std::string& expression) { return Mask::parse(expression, "--mask"); }

}  // namespace

TEST_CASE("a constant added to a row's bias changes nothing beyond rounding", "[laws]") {
  for (const TaskSizes& sizes : {square, few}) {
    TaskCase c(sizes), shifted(sizes);
    c.bias = Matrix::zeros(c.q.shape(0), sizes.keys);
    shifted.bias = c.bias;
    for (std::size_t i = 0; i < c.q.shape(0); ++i) shifted.bias.fill_row(i, static_cast<double>(i % 13) - 6);
    for_each_run([&](const KernelSet& set, TaskWants wants) {
      // Scores of up to 6 more have an error of as many units in the last place more, and so have the weights.
      CHECK(max_difference(c.run<float>(set, wants).output, shifted.run<float>(set, wants).output) < 1e-5);
      CHECK(max_difference(c.run<double>(set, wants).output, shifted.run<double>(set, wants).output) < 1e-13);
    });
  }
}

TEST_CASE("the order of the keys does not matter beyond rounding", "[laws]") {
  for (const TaskSizes& sizes : {square, few}) {
    const TaskCase c(sizes);
    TaskCase permuted = c;
    std::vector<std::size_t> order(sizes.keys);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937(3));
    for (std::size_t row = 0; row < c.k.shape(0); ++row) {
      const std::size_t from = row / sizes.keys * sizes.keys + order[row % sizes.keys];
      permuted.k.put(row, 0, c.k.rows(from, from + 1));
      permuted.v.put(row, 0, c.v.rows(from, from + 1));
    }
    for_each_run([&](const KernelSet& set, TaskWants wants) {
      const TaskAnswer a = c.run<float>(set, wants), b = permuted.run<float>(set, wants);
      CHECK(max_difference(a.output, b.output) < 4e-6);
      CHECK(max_difference(a.lse, b.lse) < 4e-6);
      CHECK(max_difference(c.run<double>(set, wants).output, permuted.run<double>(set, wants).output) < 1e-13);
    });
  }
}

// Of runs without weights, those of fewer than 64 keys take their exponentials in another way.
TEST_CASE("the first rows of a causal run are the run of the first tokens, to the bit", "[laws]") {
  TaskCase c(square);
  c.mask = Mask::causal();
  for (const std::size_t n : {40U, 64U, 149U}) {
    TaskCase prefix = part_of(c, 0, n, 0, n);
    prefix.mask = Mask::causal();
    for_each_run([&](const KernelSet& set, TaskWants wants) {
      INFO("the first " << n);
      const Matrix alone = prefix.run<float>(set, wants).output;
      const Matrix first = outputs_of(c, c.run<float>(set, wants), 0, n);
      if (wants != TaskWants::output || n >= 64) CHECK(same_bits(alone, first));
      CHECK(max_difference(alone, first) < 1e-6);
    });
  }
}

TEST_CASE("a window of unbounded width is causal, to the bit", "[laws]") {
  for (const TaskSizes& sizes : {square, few}) {
    TaskCase c(sizes);
    c.shape.offsets = {static_cast<std::int64_t>(sizes.keys - sizes.queries)};
    for_each_run([&](const KernelSet& set, TaskWants wants) {
      c.mask = Mask::causal();
      const TaskAnswer causal = c.run<float>(set, wants);
      for (const char* window :
           {"window:-1,0", "window:100000,0", "causal & window:-1,-1", "!window:1,-1 | window:1,0"}) {
        c.mask = parsed(window);
        const TaskAnswer same = c.run<float>(set, wants);
        CHECK(same_bits(same.output, causal.output));
        CHECK(same_bits(same.weights, causal.weights));
        CHECK(same_bits(same.lse, causal.lse));
      }
    });
  }
}

TEST_CASE("packed documents are separate runs beyond rounding", "[laws]") {
  TaskCase packed(square);
  packed.mask = parsed("documents:70,80");
  for_each_run([&](const KernelSet& set, TaskWants wants) {
    const TaskAnswer together = packed.run<float>(set, wants), exact = packed.run<double>(set, wants);
    for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{0, 70}, {70, 80}}) {
      const TaskCase alone = part_of(packed, first, count, first, count);
      CHECK(max_difference(alone.run<float>(set, wants).output, outputs_of(packed, together, first, count)) < 2e-6);
      CHECK(max_difference(alone.run<double>(set, wants).output, outputs_of(packed, exact, first, count)) < 1e-14);
    }
  });
}

TEST_CASE("a run after a cache is the end of the whole run", "[laws]") {
  TaskCase c(square);
  c.mask = Mask::causal();
  for (const std::size_t past : {20U, 100U, 148U}) {
    TaskCase rest = part_of(c, past, square.queries - past, 0, square.keys);
    rest.mask = Mask::causal();
    rest.shape.offsets = {static_cast<std::int64_t>(past)};
    for_each_run([&](const KernelSet& set, TaskWants wants) {
      INFO("after " << past);
      const Matrix whole = outputs_of(c, c.run<float>(set, wants), past, square.queries - past);
      const Matrix output = rest.run<float>(set, wants).output;
      // Two rows a group decode: another engine, that sums up in another order.
      const bool decodes = past == 148 && wants == TaskWants::output;
      if (decodes) CHECK(max_difference(output, whole) < 2e-6);
      if (!decodes) CHECK(same_bits(output, whole));
    });
  }
}

TEST_CASE("grouped heads are heads that are repeated, to the bit", "[laws]") {
  for (TaskSizes sizes : {square, TaskSizes{1, 700, 16, 12, 2, 4, 2, 0}}) {
    TaskCase grouped(sizes);
    grouped.mask = parsed("causal:bottom-right & !stride:5");
    TaskCase repeated = grouped;
    repeated.sizes.kv_heads = sizes.heads;
    const auto repeat = [&](const Matrix& matrix) {
      Matrix all = Matrix::zeros(sizes.batch * sizes.heads * sizes.keys, matrix.shape(1));
      for (std::size_t row = 0; row < all.shape(0); row += sizes.keys) {
        const std::size_t from = row / sizes.keys / 2 * sizes.keys;
        all.put(row, 0, matrix.rows(from, from + sizes.keys));
      }
      return all;
    };
    repeated.k = repeat(grouped.k);
    repeated.v = repeat(grouped.v);
    for_each_run([&](const KernelSet& set, TaskWants wants) {
      const TaskAnswer a = grouped.run<float>(set, wants), b = repeated.run<float>(set, wants);
      CHECK(same_bits(a.output, b.output));
      CHECK(same_bits(a.weights, b.weights));
      CHECK(same_bits(a.lse, b.lse));
    });
  }
}

TEST_CASE("an item of a batch is its own run, to the bit, however many there are", "[laws]") {
  // More than are decoded at a time. Huge values, which are scaled while they are summed, are in the first ones.
  const TaskSizes sizes{30, 2100, 8, 8, 400, 4, 1, 0};
  TaskCase all(sizes);
  for (std::size_t row = 0; row < sizes.keys; ++row) all.v.scale_row(row, 3e37);
  TaskSizes of_one = sizes;
  of_one.batch = 1;
  const std::size_t rows = sizes.heads * sizes.queries;
  for (const KernelSet* set : supported_kernel_sets()) {
    if (set->f32 == nullptr) continue;  // the reference decodes nothing
    INFO(set->name);
    const TaskAnswer together = all.run<float>(*set, TaskWants::output);
    for (const std::size_t item : {0U, 1U, 363U, 364U, 365U, 399U}) {
      INFO("item " << item);
      TaskCase one(of_one);
      one.q = all.q.rows(item * rows, (item + 1) * rows);
      one.k = all.k.rows(item * sizes.keys, (item + 1) * sizes.keys);
      one.v = all.v.rows(item * sizes.keys, (item + 1) * sizes.keys);
      const Matrix output = together.output.rows(item * rows, (item + 1) * rows);
      CHECK(same_bits(one.run<float>(*set, TaskWants::output).output, output));
    }
  }
}

TEST_CASE("what is not finite never reaches rows that may not attend it, whatever the mask", "[laws]") {
  const std::string tree = [] {
    std::string text = "tree:-1";
    for (int j = 1; j < 150; ++j) text += "," + std::to_string((j - 1) / 2);
    return text;
  }();
  for (const std::string& expression :
       {std::string("causal"), std::string("window:5,3"), std::string("block:16"), std::string("documents:50,60,40"),
        std::string("stride:3"), std::string("dilated:30,2"), std::string("grid:15x10,1"), tree,
        std::string("random:0.5,7"), std::string("padding:41 | global:3,90"), std::string("!causal & !stride:7")}) {
    TaskCase clean(square);
    clean.mask = parsed(expression);
    const BoundMask bound = clean.bound();
    std::vector<std::uint8_t> keep(square.queries * square.keys);
    bound.fill(0, 0, keep);
    constexpr std::array<std::size_t, 3> poisoned{41, 42, 131};
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      TaskCase dirty = clean;
      for (std::size_t head = 0; head < square.batch * square.kv_heads; ++head)
        for (const std::size_t key : poisoned) {
          const std::size_t row = head * square.keys + key;
          dirty.k.fill_row(row, bad);
          dirty.v.fill_row(row, bad);
        }
      for_each_run([&](const KernelSet& set, TaskWants wants) {
        const TaskAnswer a = clean.run<float>(set, wants), b = dirty.run<float>(set, wants);
        std::size_t untouched = 0;
        for (std::size_t i = 0; i < square.queries; ++i) {
          const bool attends = std::any_of(poisoned.begin(), poisoned.end(),
                                           [&](std::size_t key) { return keep[i * square.keys + key] != 0; });
          if (attends) continue;
          ++untouched;
          INFO(expression.substr(0, 40) << ", row " << i);
          REQUIRE(same_bits(outputs_of(clean, a, i, 1), outputs_of(dirty, b, i, 1)));
        }
        CHECK(untouched > 0);
        CHECK(untouched < square.queries);
      });
    }
  }
}

}  // namespace attn::test
