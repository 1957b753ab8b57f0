// f16: every engine gives what it gives for operands that were rounded to float16 before, to the bit.
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "attention/engine/weight_tiles.hpp"
#include "attn/error.hpp"
#include "attn/packed_weight.hpp"
#include "attn/task.hpp"
#include "core/half.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

std::vector<float> drawn(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> numbers(count);
  for (float& x : numbers) x = normal(engine);
  return numbers;
}

std::vector<float> rounded(std::vector<float> numbers) {
  for (float& x : numbers) x = widen_half(narrow_to_half(x));
  return numbers;
}

bool same_bytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

template <class T>
HeadsView<T> dense(T* data, std::size_t heads, std::size_t rows, std::size_t columns) {
  const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(columns), matrix = static_cast<std::ptrdiff_t>(rows) * width;
  return {data, 1, heads, rows, columns, static_cast<std::ptrdiff_t>(heads) * matrix, matrix, width};
}

// Four query heads on two.
struct Numbers {
  Numbers(std::size_t of_queries, std::size_t of_keys, std::size_t of_depth)
      : queries(of_queries),
        keys(of_keys),
        depth(of_depth),
        query(drawn(4 * queries * depth, 1)),
        key(drawn(2 * keys * depth, 2)),
        value(drawn(2 * keys * depth, 3)) {}

  AttentionTask<float> task(const KernelSet& set) const {
    AttentionTask<float> task;
    task.operands.query = dense(query.data(), 4, queries, depth);
    task.operands.key = dense(key.data(), 2, keys, depth);
    task.operands.value = dense(value.data(), 2, keys, depth);
    task.pipeline.scale = 0.4;
    task.execution = {.kernels = &set, .threads = 2};
    return task;
  }
  Numbers of_halves() const {
    Numbers halves = *this;
    for (std::vector<float>* numbers : {&halves.query, &halves.key, &halves.value}) *numbers = rounded(*numbers);
    return halves;
  }

  std::size_t queries, keys, depth;
  std::vector<float> query, key, value;
};

// Output, log-sum-exp and, if asked for, weights of a task.
std::vector<float> answer(AttentionTask<float> task, bool matrices) {
  const HeadsView<const float>& query = task.operands.query;
  const std::size_t rows = query.heads * query.rows, keys = task.operands.key.rows, width = task.operands.value.cols;
  std::vector<float> all(rows * (width + 1 + (matrices ? keys : 0)));
  task.wanted.output = dense(all.data(), query.heads, query.rows, width);
  task.wanted.lse = all.data() + rows * width;
  if (matrices) task.wanted.weights = dense(task.wanted.lse + rows, query.heads, query.rows, keys);
  attend(task);
  return all;
}

std::string message_of(const auto& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.where() + ": " + error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("f16 rounds queries, keys and values, and nothing else") {
  for (const auto& [queries, keys, depth] : {std::array<std::size_t, 3>{1, 1100, 32}, {3, 40, 7}, {70, 130, 16}}) {
    const Numbers given(queries, keys, depth), halves = given.of_halves();
    for (const KernelSet* set : supported_kernel_sets())
      for (const bool matrices : {false, true}) {
        INFO("kernel set " << set->name << ", " << queries << " queries" << (matrices ? ", with matrices" : ""));
        AttentionTask<float> task = given.task(*set);
        const std::vector<float> f32 = answer(task, matrices), expected = answer(halves.task(*set), matrices);
        task.execution.f16_operands = true;
        CHECK(same_bytes(answer(task, matrices), expected));
        CHECK_FALSE(same_bytes(f32, expected));
      }
  }
}

TEST_CASE("f16 takes keys and values of 16 bits") {
  const Numbers given(2, 300, 32), halves = given.of_halves();
  std::vector<std::uint16_t> key(given.key.size()), value(given.value.size());
  std::vector<float> of_bfloats(value.size());
  std::transform(given.key.begin(), given.key.end(), key.begin(), narrow_to_half);
  for (std::size_t i = 0; i < value.size(); ++i) {
    value[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(given.value[i]) >> 16);
    of_bfloats[i] = widen_bfloat(value[i]);
  }
  of_bfloats = rounded(of_bfloats);
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO("kernel set " << set->name);
    AttentionTask<float> task = given.task(*set), expected = halves.task(*set);
    task.operands.key.data = task.operands.value.data = nullptr;
    task.operands.narrow_key = {key.data(), DType::f16};
    task.operands.narrow_value = {value.data(), DType::bf16};
    task.execution.f16_operands = true;
    expected.operands.value.data = of_bfloats.data();
    CHECK(same_bytes(answer(task, false), answer(expected, false)));
  }
}

TEST_CASE("tiles of weights for pictures are of f16 operands as well") {
  const Numbers given(5, 40, 16), halves = given.of_halves();
  const auto tile = [](const AttentionTask<float>& task) {
    const auto source = weight_source(task);
    std::vector<float> weights(WeightSource<float>::tile_keys);
    source->prepare(std::vector<bool>(4, true));
    WeightRows<float> rows;
    source->begin(rows, 0, 1, 2, 1);
    source->make(rows, 0, 40, weights.data());
    weights.resize(40);
    return weights;
  };
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO("kernel set " << set->name);
    AttentionTask<float> task = given.task(*set);
    task.execution.f16_operands = true;
    CHECK(same_bytes(tile(task), tile(halves.task(*set))));
  }
}

TEST_CASE("f16 rounds the factors of projections, however many outputs there are") {
  for (const auto& sizes : {std::array<std::size_t, 3>{3, 40, 17}, {2, 3000, 1500}, {60, 33, 70}})
    for (const bool transposed : {false, true})
      for (const KernelSet* set : supported_kernel_sets()) {
        const std::size_t rows = sizes[0], inputs = sizes[1], outputs = sizes[2];
        if (set->f32 == nullptr && inputs > 1000) continue;
        INFO("kernel set " << set->name << ", " << inputs << " inputs" << (transposed ? ", transposed" : ""));
        const std::vector<float> x = drawn(rows * inputs, 1), weight = drawn(inputs * outputs, 2),
                                 bias = drawn(outputs, 3), half_x = rounded(x), half_weight = rounded(weight);
        const auto product = [&](const std::vector<float>& left, const std::vector<float>& right, bool f16,
                                 bool packed = false) {
          std::vector<float> y(rows * outputs);
          const std::size_t width = transposed ? inputs : outputs;
          LinearTask<float> task{
              .x = {left.data(), rows, inputs, static_cast<std::ptrdiff_t>(inputs)},
              .weight = {right.data(), transposed ? outputs : inputs, width, static_cast<std::ptrdiff_t>(width)},
              .transposed = transposed,
              .bias = bias.data(),
              .y = {y.data(), rows, outputs, static_cast<std::ptrdiff_t>(outputs)},
              .execution = {.f16_operands = f16, .kernels = set, .threads = 2}};
          std::optional<PackedWeight<float>> ahead;
          if (packed) task.packed = &ahead.emplace(task.weight, transposed, task.execution);
          linear(task);
          return y;
        };
        CHECK(same_bytes(product(x, weight, true), product(half_x, half_weight, false)));
        CHECK(same_bytes(product(x, weight, true, true), product(half_x, half_weight, false)));
      }
}

TEST_CASE("finite numbers that float16 has none for are refused by name, others pass") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO("kernel set " << set->name);
    Numbers numbers(2, 30, 8);
    const auto run = [&] {
      AttentionTask<float> task = numbers.task(*set);
      task.execution.f16_operands = true;
      answer(task, false);
    };
    numbers.value[9] = infinity;
    numbers.key[70] = 65519;
    CHECK(message_of(run) == "no error");
    numbers.value[100] = -70000;
    CHECK(message_of(run) == "`dtype`: the values hold -70000, and float16 ends at 65504; bf16 and f32 go further");
    numbers.key[70] = 65520;
    CHECK(message_of(run) == "`dtype`: the keys hold 65520, and float16 ends at 65504; bf16 and f32 go further");
    numbers.query[15] = 1e30F;
    CHECK(message_of(run) == "`dtype`: the queries hold 1e+30, and float16 ends at 65504; bf16 and f32 go further");
  }
}

TEST_CASE("f16 goes without doubles and without bf16") {
  AttentionTask<double> doubles;
  doubles.execution = {.f16_operands = true, .kernels = &reference_kernel_set()};
  CHECK_THROWS_WITH(attend(doubles), "attend: f16 operands of doubles");
  CHECK_THROWS_WITH(linear(LinearTask<double>{.execution = doubles.execution}), "linear: f16 operands of doubles");
  AttentionTask<float> both;
  both.execution = {.bf16_operands = true, .f16_operands = true, .kernels = &reference_kernel_set()};
  CHECK_THROWS_WITH(attend(both), "attend: operands of bf16 and of f16");
  CHECK_THROWS_WITH(linear(LinearTask<float>{.execution = both.execution}), "linear: operands of bf16 and of f16");
}

}  // namespace attn::test
