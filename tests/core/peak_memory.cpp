// The peak of memory: it grows with what is written to, and a reset forgets it.
#include "core/peak_memory.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

using namespace attn;

TEST_CASE("the peak has what was resident since the reset, and no more") {
  if (!reset_peak_memory()) return;  // the system does not let us
  const auto before = peak_memory();
  REQUIRE(before);
  constexpr std::size_t bytes = std::size_t{64} << 20, slack = bytes / 16;  // Linux counts in batches
  {
    const auto memory = std::make_unique<unsigned char[]>(bytes);
    std::fill_n(memory.get(), bytes, static_cast<unsigned char>(1));
    CHECK(memory[bytes / 2] == 1);
  }
  CHECK(*peak_memory() >= *before + bytes - slack);
  REQUIRE(reset_peak_memory());
  CHECK(*peak_memory() < *before + bytes / 2);
}
