// Documents whose tensors are of 16 bits, as callers of the library may hand them over.
#include <cstdint>
#include <cstring>
#include <random>

#include "attn/attention.hpp"
#include "support/catch.hpp"

namespace attn::test {
namespace {

// Multiples of 1/8 below 2, which bfloat16 holds.
Tensor drawn(const Shape& shape, unsigned seed) {
  Tensor tensor(DType::bf16, shape);
  std::mt19937 engine(seed);
  std::uniform_int_distribution<int> uniform(-15, 15);
  auto* const bits = static_cast<std::uint16_t*>(tensor.data());
  for (std::size_t i = 0; i < tensor.size(); ++i) {
    const float number = static_cast<float>(uniform(engine)) / 8;
    std::uint32_t word = 0;
    std::memcpy(&word, &number, sizeof word);
    bits[i] = static_cast<std::uint16_t>(word >> 16);
  }
  return tensor;
}

Input document(bool narrow, DType dtype) {
  Input input;
  input.source = "in";
  unsigned seed = 1;
  for (const char* name : {"query", "key", "value"}) {
    Tensor tensor = drawn({2, 40, 16}, seed++);
    input.tensors[name] = {narrow ? std::move(tensor) : tensor.as(dtype), std::string("in#/") + name};
  }
  return input;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.bytes()) == 0;
}

}  // namespace

TEST_CASE("queries, keys and values of a document may be of 16 bits, whatever the run computes with") {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const bool emits_operands : {false, true}) {
      AttentionOptions options;
      options.execution.dtype = dtype;
      options.wanted.emit = {Stage::output};
      if (emits_operands) options.wanted.emit = {Stage::query, Stage::key, Stage::value, Stage::output};
      const Result narrow = compute(document(true, dtype), options), wide = compute(document(false, dtype), options);
      REQUIRE(narrow.tensors.size() == wide.tensors.size());
      for (std::size_t i = 0; i < wide.tensors.size(); ++i) {
        INFO(dtype_name(dtype) << ", " << wide.tensors[i].name);
        CHECK(same_bytes(narrow.tensors[i].tensor, wide.tensors[i].tensor));
      }
    }
}

TEST_CASE("copies of operands of 16 bits count as memory") {
  AttentionOptions options;
  options.wanted.emit = {Stage::output, Stage::key};
  options.execution.max_memory = 1;
  CHECK_THROWS_WITH(compute(document(true, DType::f32), options),
                    Catch::ContainsSubstring("the widened queries (2, 40, 16)"));
}

}  // namespace attn::test
