// What counts as held, and the limit on it.
#include "core/held_memory.hpp"

#include <memory>
#include <string>
#include <utility>

#include "attn/error.hpp"
#include "attn/tensor.hpp"
#include "core/counted_vector.hpp"
#include "support/catch.hpp"

namespace attn {
namespace {

TEST_CASE("large tensors are counted for as long as they live, small ones are not", "[held]") {
  const std::uint64_t before = held_memory();
  {
    const Tensor large(DType::f32, {1 << 16}), small(DType::f32, {1 << 10});
    CHECK(held_memory() == before + (1 << 18));
    const Tensor copy = large.clone();
    CHECK(held_memory() == before + (1 << 19));
  }
  CHECK(held_memory() == before);
}

TEST_CASE("what would pass the limit is refused, and counts for nothing", "[held]") {
  CHECK(memory_left() == UINT64_MAX);
  const Tensor earlier(DType::u8, {1 << 20});  // is no business of the limit
  const std::uint64_t before = held_memory();
  {
    const MemoryLimit limit(1 << 20);
    const Tensor first(DType::u8, {1 << 19});
    CHECK(memory_left() == 1 << 19);
    try {
      const Tensor second(DType::u8, {(1 << 19) + 1});
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.where() == "`max_memory`");
      CHECK(std::string(error.what()).find("does not fit beside 512.0 KiB") != std::string::npos);
    }
    CHECK(held_memory() == before + (1 << 19));
    const Tensor fits(DType::u8, {1 << 19});
    CHECK(memory_left() == 0);
  }
  CHECK(memory_limit() == 0);
}

TEST_CASE("blocks from before the limit that go make no room", "[held]") {
  auto earlier = std::make_unique<Tensor>(DType::u8, Shape{1 << 20});
  const MemoryLimit limit(1 << 20);
  earlier.reset();
  CHECK(memory_left() == 1 << 20);
  {
    const MemoryLimit inner(1 << 18);
    CHECK(memory_left() == 1 << 18);
  }
  CHECK(memory_left() == 1 << 20);
}

TEST_CASE("blocks that grow or are cut count as what they are", "[held]") {
  const std::uint64_t before = held_memory();
  hold_memory(1 << 10);
  CHECK(held_memory() == before);
  hold_memory(1 << 17, 1 << 10);
  CHECK(held_memory() == before + (1 << 17));
  hold_memory(1 << 18, 1 << 17);
  CHECK(held_memory() == before + (1 << 18));
  release_memory(1 << 18, 1 << 17);
  CHECK(held_memory() == before + (1 << 17));
  release_memory(1 << 17, 1 << 10);
  CHECK(held_memory() == before);
}

TEST_CASE("vectors count as what they have room for, and grow within the limit", "[held]") {
  const std::uint64_t before = held_memory();
  {
    const MemoryLimit limit(1 << 20);
    CountedVector<double> values(1 << 14);
    CHECK(held_memory() == before + (1 << 17));
    CountedVector<double> moved = std::move(values);
    CHECK(held_memory() == before + (1 << 17));
    CHECK_THROWS_AS(moved.resize(1 << 17), Error);  // 1 MiB beside the 128 KiB that it had
    CHECK(moved.size() == 1 << 14);
    CHECK(held_memory() == before + (1 << 17));
  }
  CHECK(held_memory() == before);
}

}  // namespace
}  // namespace attn
