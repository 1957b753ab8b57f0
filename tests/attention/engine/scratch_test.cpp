// Blocks for intermediate results: kept, and used again.
#include "attention/engine/scratch.hpp"

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("a thread's small blocks come back to the uses that they had", "[scratch]") {
  std::vector<void*> first, second;
  for (std::vector<void*>* round : {&first, &second}) {
    std::vector<ScratchMemory> blocks;
    for (const std::size_t bytes : {1000U, 5000U, 1000U, 0U, 5000U}) blocks.emplace_back(bytes);
    for (ScratchMemory& block : blocks) round->push_back(block.data());
  }
  CHECK(first == second);
  CHECK(std::set<void*>(first.begin(), first.end()).size() == first.size());
}

TEST_CASE("blocks are aligned, large enough and nobody else's, however many there are", "[scratch]") {
  for (int round = 0; round < 3; ++round) {
    std::vector<ScratchMemory> blocks;
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < 60; ++i) {
      sizes.push_back(1 + i * 1777 % 70000);
      blocks.emplace_back(sizes.back());
      CHECK(reinterpret_cast<std::uintptr_t>(blocks.back().data()) % 64 == 0);
      std::memset(blocks.back().data(), static_cast<int>(i), sizes.back());
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto* bytes = static_cast<const unsigned char*>(blocks[i].data());
      CHECK(bytes[0] == i);
      CHECK(bytes[sizes[i] - 1] == i);
    }
  }
}

TEST_CASE("a block that another thread gives up is that thread's to keep", "[scratch]") {
  for (int round = 0; round < 20; ++round) {
    std::vector<ScratchMemory> blocks;
    for (int i = 0; i < 20; ++i) blocks.emplace_back(3000);
    std::thread([other = std::move(blocks)]() mutable { other.clear(); }).join();
    const ScratchMemory own(3000);
    std::memset(own.data(), 1, 3000);
  }
}

}  // namespace attn::test
