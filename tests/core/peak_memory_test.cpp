// The peak of memory: it grows with what is written to, and a reset forgets it.
#include "core/peak_memory.hpp"

#include <sys/mman.h>

#include <algorithm>

#include "support/catch.hpp"

using namespace attn;

TEST_CASE("the peak has what was resident since the reset, and no more") {
  if (!reset_peak_memory()) return;  // the system does not let us
  const auto before = peak_memory();
  REQUIRE(before);
  constexpr std::size_t bytes = std::size_t{64} << 20, slack = bytes / 16;  // Linux counts in batches
  // Straight from the system: an allocator may keep what it is given back.
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  std::fill_n(static_cast<unsigned char*>(memory), bytes, static_cast<unsigned char>(1));
  munmap(memory, bytes);
  CHECK(*peak_memory() >= *before + bytes - slack);
  REQUIRE(reset_peak_memory());
  CHECK(*peak_memory() < *before + bytes / 2);
}
