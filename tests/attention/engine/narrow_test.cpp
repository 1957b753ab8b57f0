// Keys and values of 16 bits: every engine gives what it gives for the same numbers widened, to the bit.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "attn/mask.hpp"
#include "attn/task.hpp"
#include "core/half.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

struct Sizes {
  std::size_t batch, heads, kv_heads, queries, keys, depth, value_depth;
};

// Numbers of a standard deviation of about 1, as f16 or bf16, and widened.
struct Stored {
  Stored(std::size_t count, DType type, unsigned seed) : dtype(type), bits(count), wide(count) {
    std::mt19937 engine(seed);
    std::uniform_int_distribution<int> uniform(-500, 500);
    for (std::uint16_t& x : bits) {
      // Multiples of 1/256 below 2 have at most 9 significant bits, of which bfloat16 keeps 8.
      const float number = static_cast<float>(uniform(engine)) / 256;
      const std::uint32_t of_float = std::bit_cast<std::uint32_t>(number);
      const std::uint32_t sign = of_float >> 16 & 0x8000U, magnitude = of_float & 0x7FFFFFFFU;
      const std::uint32_t half = number == 0 ? 0 : sign | ((magnitude >> 13) - (112U << 10));
      x = static_cast<std::uint16_t>(dtype == DType::f16 ? half : of_float >> 16);
    }
    widen();
  }
  void set(std::size_t at, std::uint16_t of_half, std::uint16_t of_bfloat) {
    bits[at] = dtype == DType::f16 ? of_half : of_bfloat;
    widen();
  }
  void widen() { widen_all(bits.data(), dtype, bits.size(), wide.data()); }
  NarrowElements elements() const { return {bits.data(), dtype}; }

  DType dtype;
  std::vector<std::uint16_t> bits;
  std::vector<float> wide;
};

// What a task may ask for, as one list of numbers.
struct Answer {
  std::vector<float> output, lse, weights;

  bool operator==(const Answer& other) const {
    const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
      return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
    };
    return same(output, other.output) && same(lse, other.lse) && same(weights, other.weights);
  }
};

HeadsView<float> dense(float* data, std::size_t batch, std::size_t heads, std::size_t rows, std::size_t columns) {
  const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(columns), matrix = static_cast<std::ptrdiff_t>(rows) * width;
  return {data, batch, heads, rows, columns, static_cast<std::ptrdiff_t>(heads) * matrix, matrix, width};
}

HeadsView<const float> constant(const HeadsView<float>& view) {
  return {view.data, view.batch,        view.heads,       view.rows,
          view.cols, view.batch_stride, view.head_stride, view.row_stride};
}

// A problem whose keys and values are of 16 bits.
struct Problem {
  Problem(const Sizes& of, DType dtype)
      : sizes(of),
        query(of.batch * of.heads * of.queries * of.depth),
        key(of.batch * of.kv_heads * of.keys * of.depth, dtype, 2),
        value(of.batch * of.kv_heads * of.keys * of.value_depth, dtype, 3) {
    std::mt19937 engine(1);
    std::uniform_real_distribution<float> uniform(-2, 2);
    for (float& x : query) x = uniform(engine);
  }

  Answer run(const KernelSet& set, bool narrow, bool matrices, bool rounds) {
    const auto& [batch, heads, kv_heads, queries, keys, depth, value_depth] = sizes;
    Answer answer;
    AttentionTask<float> task;
    task.operands.query = constant(dense(query.data(), batch, heads, queries, depth));
    task.operands.key = constant(dense(narrow ? nullptr : key.wide.data(), batch, kv_heads, keys, depth));
    task.operands.value = constant(dense(narrow ? nullptr : value.wide.data(), batch, kv_heads, keys, value_depth));
    if (narrow) {
      task.operands.narrow_key = key.elements();
      task.operands.narrow_value = value.elements();
    }
    task.pipeline.scale = 0.3;
    task.pipeline.empty_row = EmptyRow::uniform;
    std::optional<BoundMask> bound;
    if (!mask.empty()) bound = Mask::parse(mask, "mask").bind({batch, heads, queries, keys});
    if (bound) task.pipeline.mask = &*bound;
    answer.output.resize(batch * heads * queries * value_depth);
    answer.lse.resize(batch * heads * queries);
    task.wanted.output = dense(answer.output.data(), batch, heads, queries, value_depth);
    task.wanted.lse = answer.lse.data();
    if (matrices) {
      answer.weights.resize(batch * heads * queries * keys);
      task.wanted.weights = dense(answer.weights.data(), batch, heads, queries, keys);
    }
    task.execution = {.bf16_operands = rounds, .kernels = &set, .threads = 2};
    attend(task);
    return answer;
  }

  void check() {
    for (const KernelSet* set : supported_kernel_sets())
      for (const bool matrices : {false, true})
        for (const bool rounds : {false, true}) {
          INFO("kernel set " << set->name << (matrices ? ", with matrices" : "") << (rounds ? ", rounding" : ""));
          CHECK(run(*set, true, matrices, rounds) == run(*set, false, matrices, rounds));
        }
  }

  Sizes sizes;
  std::vector<float> query;
  Stored key, value;
  std::string mask;
};

constexpr DType narrow_types[] = {DType::f16, DType::bf16};

}  // namespace

TEST_CASE("keys and values of 16 bits give what they give widened, to the bit") {
  constexpr Sizes all[] = {
      {1, 4, 1, 1, 2100, 32, 32},   // decoding, in place
      {2, 4, 4, 1, 600, 64, 128},   // one head a group
      {1, 4, 1, 1, 1030, 24, 20},   // rows of no whole vectors
      {1, 8, 1, 3, 2100, 32, 16},   // decoding, packed, more rows than are multiplied with narrow values
      {1, 2, 1, 100, 300, 32, 64},  // streaming
      {2, 8, 8, 70, 140, 16, 16},   // streaming, a worker a head
      {1, 1, 1, 60, 130, 7, 9},     // and rows of no whole vectors
      {1, 2, 2, 2, 0, 8, 8},        // no keys
  };
  for (const DType dtype : narrow_types)
    for (const Sizes& sizes : all)
      for (const char* mask : {"", "causal", "window:40,3 & !block:30"}) {
        INFO(dtype_name(dtype) << ", " << sizes.queries << " queries, " << sizes.keys << " keys, depth " << sizes.depth
                               << ", mask " << mask);
        Problem problem(sizes, dtype);
        problem.mask = mask;
        problem.check();
      }
}

TEST_CASE("values of 16 bits that are huge or not finite give what they give widened, to the bit") {
  for (const DType dtype : narrow_types)
    for (const std::size_t queries : {std::size_t{1}, std::size_t{60}})
      for (const char* mask : {"", "causal:bottom-right", "window:3,0"}) {
        INFO(dtype_name(dtype) << ", " << queries << " queries, mask " << mask);
        Problem problem({1, 2, 1, queries, 200, 32, 32}, dtype);
        problem.mask = mask;
        problem.value.set(3 * 32 + 1, 0x7E00, 0x7FC0);
        problem.value.set(70 * 32, 0xFC00, 0xFF80);
        problem.value.set(90 * 32 + 7, 0x7BFF, 0x7F7F);
        problem.value.set(91 * 32 + 7, 0x7BFF, 0x7F7F);
        problem.key.set(150 * 32 + 2, 0x7C00, 0x7F80);
        problem.check();
      }
}

TEST_CASE("keys alone, or values alone, may be of 16 bits") {
  Problem problem({1, 4, 2, 5, 300, 32, 32}, DType::f16);
  for (const KernelSet* set : supported_kernel_sets()) {
    INFO("kernel set " << set->name);
    const Answer wide = problem.run(*set, false, false, false);
    for (const bool narrow_keys : {false, true}) {
      Answer answer = wide;
      std::fill(answer.output.begin(), answer.output.end(), 0.0F);
      AttentionTask<float> task;
      task.operands.query = constant(dense(problem.query.data(), 1, 4, 5, 32));
      task.operands.key = constant(dense(narrow_keys ? nullptr : problem.key.wide.data(), 1, 2, 300, 32));
      task.operands.value = constant(dense(narrow_keys ? problem.value.wide.data() : nullptr, 1, 2, 300, 32));
      (narrow_keys ? task.operands.narrow_key : task.operands.narrow_value) =
          (narrow_keys ? problem.key : problem.value).elements();
      task.pipeline.scale = 0.3;
      task.wanted.output = dense(answer.output.data(), 1, 4, 5, 32);
      task.wanted.lse = answer.lse.data();
      task.execution = {.kernels = set, .threads = 1};
      attend(task);
      CHECK(answer == wide);
    }
  }
}

TEST_CASE("doubles go without keys and values of 16 bits") {
  AttentionTask<double> task;
  const std::vector<std::uint16_t> bits(4);
  task.operands.narrow_key = {bits.data(), DType::f16};
  task.execution.kernels = &reference_kernel_set();
  CHECK_THROWS_WITH(attend(task), "attend: 16 bits beside doubles");
}

}  // namespace attn::test
