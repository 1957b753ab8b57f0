// Laws that hold between runs: what changes nothing, and what two ways give alike.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "attention/batch_case.hpp"

namespace attn::test {
namespace {

// Many rows: the streaming engine. A few: the decoding engine. Both also with weights.
constexpr BatchSizes square{2, 4, 2, 150, 150, 16, 12};
constexpr BatchSizes few{2, 4, 2, 4, 700, 16, 12};

template <class Body>
void for_each_run(Body body) {
  for (const KernelSet* set : supported_kernel_sets())
    for (const bool matrices : {true, false}) {
      INFO(set->name << (matrices ? ", with weights" : ", without weights"));
      body(*set, matrices);
    }
}

// Rows [first, first + count) of every head.
std::vector<double> rows_of(const BatchCase& c, const std::vector<double>& numbers, std::size_t columns,
                            std::size_t first, std::size_t count) {
  std::vector<double> rows;
  for (std::size_t b = 0; b < c.sizes.batch; ++b)
    for (std::size_t h = 0; h < c.sizes.heads; ++h) {
      const auto from = numbers.begin() + static_cast<std::ptrdiff_t>(c.at(b, h, first, columns));
      rows.insert(rows.end(), from, from + static_cast<std::ptrdiff_t>(count * columns));
    }
  return rows;
}

std::vector<double> outputs_of(const BatchCase& c, const BatchAnswer& answer, std::size_t first, std::size_t count) {
  return rows_of(c, answer.output, c.sizes.value_depth, first, count);
}

// Queries [first, first + L), keys [first_key, first_key + S) of a case without a mask.
BatchCase part_of(const BatchCase& c, std::size_t first, std::size_t queries, std::size_t first_key, std::size_t keys) {
  BatchSizes sizes = c.sizes;
  sizes.queries = queries;
  sizes.keys = keys;
  BatchCase part(sizes);
  part.q = rows_of(c, c.q, sizes.depth, first, queries);
  const auto cut = [&](const std::vector<double>& all, std::size_t columns) {
    std::vector<double> kept;
    for (std::size_t head = 0; head < sizes.batch * sizes.kv_heads; ++head) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>((head * c.sizes.keys + first_key) * columns);
      kept.insert(kept.end(), from, from + static_cast<std::ptrdiff_t>(keys * columns));
    }
    return kept;
  };
  part.k = cut(c.k, sizes.depth);
  part.v = cut(c.v, sizes.value_depth);
  return part;
}

Mask parsed(const std::string& expression) { return Mask::parse(expression, "--mask"); }

}  // namespace

TEST_CASE("a constant added to a row's bias changes nothing beyond rounding", "[laws]") {
  for (const BatchSizes& sizes : {square, few}) {
    BatchCase c(sizes), shifted(sizes);
    c.bias.assign(sizes.batch * sizes.heads * sizes.queries * sizes.keys, 0);
    shifted.bias = c.bias;
    for (std::size_t n = 0; n < c.bias.size(); ++n) shifted.bias[n] = static_cast<double>(n / sizes.keys % 13) - 6;
    for_each_run([&](const KernelSet& set, bool matrices) {
      // Scores of up to 6 more have an error of as many units in the last place more, and so have the weights.
      CHECK(greatest_difference(c.run<float>(set, matrices).output, shifted.run<float>(set, matrices).output) < 1e-5);
      CHECK(greatest_difference(c.run<double>(set, matrices).output, shifted.run<double>(set, matrices).output) <
            1e-13);
    });
  }
}

TEST_CASE("the order of the keys does not matter beyond rounding", "[laws]") {
  for (const BatchSizes& sizes : {square, few}) {
    const BatchCase c(sizes);
    BatchCase permuted = c;
    std::vector<std::size_t> order(sizes.keys);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937(3));
    const auto permute = [&](const std::vector<double>& from, std::vector<double>& to, std::size_t columns) {
      for (std::size_t n = 0; n < to.size(); ++n) {
        const std::size_t row = n / columns, head = row / sizes.keys;
        to[n] = from[(head * sizes.keys + order[row % sizes.keys]) * columns + n % columns];
      }
    };
    permute(c.k, permuted.k, sizes.depth);
    permute(c.v, permuted.v, sizes.value_depth);
    for_each_run([&](const KernelSet& set, bool matrices) {
      const BatchAnswer a = c.run<float>(set, matrices), b = permuted.run<float>(set, matrices);
      CHECK(greatest_difference(a.output, b.output) < 4e-6);
      CHECK(greatest_difference(a.lse, b.lse) < 4e-6);
      CHECK(greatest_difference(c.run<double>(set, matrices).output, permuted.run<double>(set, matrices).output) <
            1e-13);
    });
  }
}

// Of runs without weights, those of fewer than 64 keys take their exponentials in another way.
TEST_CASE("the first rows of a causal run are the run of the first tokens, to the bit", "[laws]") {
  BatchCase c(square);
  c.mask = Mask::causal();
  for (const std::size_t n : {40U, 64U, 149U}) {
    BatchCase prefix = part_of(c, 0, n, 0, n);
    prefix.mask = Mask::causal();
    for_each_run([&](const KernelSet& set, bool matrices) {
      INFO("the first " << n);
      const std::vector<double> alone = prefix.run<float>(set, matrices).output;
      const std::vector<double> first = outputs_of(c, c.run<float>(set, matrices), 0, n);
      if (matrices || n >= 64) CHECK(same_bits(alone, first));
      CHECK(greatest_difference(alone, first) < 1e-6);
    });
  }
}

TEST_CASE("a window of unbounded width is causal, to the bit", "[laws]") {
  for (const BatchSizes& sizes : {square, few}) {
    BatchCase c(sizes);
    c.shape.offsets = {static_cast<std::int64_t>(sizes.keys - sizes.queries)};
    for_each_run([&](const KernelSet& set, bool matrices) {
      c.mask = Mask::causal();
      const BatchAnswer causal = c.run<float>(set, matrices);
      for (const char* window :
           {"window:-1,0", "window:100000,0", "causal & window:-1,-1", "!window:1,-1 | window:1,0"}) {
        c.mask = parsed(window);
        const BatchAnswer same = c.run<float>(set, matrices);
        CHECK(same_bits(same.output, causal.output));
        CHECK(same_bits(same.weights, causal.weights));
        CHECK(same_bits(same.lse, causal.lse));
      }
    });
  }
}

TEST_CASE("packed documents are separate runs beyond rounding", "[laws]") {
  BatchCase packed(square);
  packed.mask = parsed("documents:70,80");
  for_each_run([&](const KernelSet& set, bool matrices) {
    const BatchAnswer together = packed.run<float>(set, matrices), exact = packed.run<double>(set, matrices);
    for (const auto& [first, count] : {std::pair<std::size_t, std::size_t>{0, 70}, {70, 80}}) {
      const BatchCase alone = part_of(packed, first, count, first, count);
      CHECK(greatest_difference(alone.run<float>(set, matrices).output, outputs_of(packed, together, first, count)) <
            2e-6);
      CHECK(greatest_difference(alone.run<double>(set, matrices).output, outputs_of(packed, exact, first, count)) <
            1e-14);
    }
  });
}

TEST_CASE("a run after a cache is the end of the whole run", "[laws]") {
  BatchCase c(square);
  c.mask = Mask::causal();
  for (const std::size_t past : {20U, 100U, 148U}) {
    BatchCase rest = part_of(c, past, square.queries - past, 0, square.keys);
    rest.mask = Mask::causal();
    rest.shape.offsets = {static_cast<std::int64_t>(past)};
    for_each_run([&](const KernelSet& set, bool matrices) {
      INFO("after " << past);
      const std::vector<double> whole = outputs_of(c, c.run<float>(set, matrices), past, square.queries - past);
      const std::vector<double> output = rest.run<float>(set, matrices).output;
      // Two rows a group decode: another engine, that sums up in another order.
      const bool decodes = past == 148 && !matrices;
      if (decodes) CHECK(greatest_difference(output, whole) < 2e-6);
      if (!decodes) CHECK(same_bits(output, whole));
    });
  }
}

TEST_CASE("grouped heads are heads that are repeated, to the bit", "[laws]") {
  for (BatchSizes sizes : {square, BatchSizes{2, 4, 2, 1, 700, 16, 12}}) {
    BatchCase grouped(sizes);
    grouped.mask = parsed("causal:bottom-right & !stride:5");
    BatchCase repeated = grouped;
    repeated.sizes.kv_heads = sizes.heads;
    const auto repeat = [&](const std::vector<double>& numbers, std::size_t columns) {
      std::vector<double> all;
      const std::size_t head = sizes.keys * columns;
      for (std::size_t h = 0; h < sizes.batch * sizes.heads; ++h) {
        const auto from = numbers.begin() + static_cast<std::ptrdiff_t>(h / 2 * head);
        all.insert(all.end(), from, from + static_cast<std::ptrdiff_t>(head));
      }
      return all;
    };
    repeated.k = repeat(grouped.k, sizes.depth);
    repeated.v = repeat(grouped.v, sizes.value_depth);
    for_each_run([&](const KernelSet& set, bool matrices) {
      const BatchAnswer a = grouped.run<float>(set, matrices), b = repeated.run<float>(set, matrices);
      CHECK(same_bits(a.output, b.output));
      CHECK(same_bits(a.weights, b.weights));
      CHECK(same_bits(a.lse, b.lse));
    });
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
    BatchCase clean(square);
    clean.mask = parsed(expression);
    const BoundMask bound = clean.bound();
    std::vector<std::uint8_t> keep(square.queries * square.keys);
    bound.fill(0, 0, keep);
    constexpr std::array<std::size_t, 3> poisoned{41, 42, 131};
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
      BatchCase dirty = clean;
      for (std::size_t head = 0; head < square.batch * square.kv_heads; ++head)
        for (const std::size_t key : poisoned) {
          const std::size_t row = head * square.keys + key;
          std::fill_n(dirty.k.begin() + static_cast<std::ptrdiff_t>(row * square.depth), square.depth, bad);
          std::fill_n(dirty.v.begin() + static_cast<std::ptrdiff_t>(row * square.value_depth), square.value_depth, bad);
        }
      for_each_run([&](const KernelSet& set, bool matrices) {
        const BatchAnswer a = clean.run<float>(set, matrices), b = dirty.run<float>(set, matrices);
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
