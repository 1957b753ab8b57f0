// The store of free blocks.
#include "attention/engine/scratch.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "core/held_memory.hpp"
#include "core/huge_pages.hpp"
#include "core/rounding.hpp"
#include "core/thread_owned.hpp"
#include "kernels/assumptions.hpp"

namespace attn {
namespace {

constexpr std::size_t alignment = kCacheLine;
constexpr std::size_t least_kept = std::size_t{64} << 10;
constexpr std::size_t most_kept = std::size_t{64} << 20;

// What blocks of no bytes are: pointers into them are counted on, though nothing is there, and null would not do.
alignas(alignment) char nothing[alignment];

struct Block {
  void* data;
  std::size_t bytes;
};

void give_to_system(const Block& block) {
  std::free(block.data);
  release_memory(block.bytes);
}

class Store {
 public:
  ~Store() { free_all(); }

  void free_all() {
    const std::lock_guard lock(mutex_);
    for (const Block& block : free_) give_to_system(block);
    free_.clear();
    kept_ = 0;
  }

  // The smallest free block that is large enough and not twice too large.
  Block take_block(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto best = free_.end();
    for (auto block = free_.begin(); block != free_.end(); ++block)
      if (block->bytes >= bytes && block->bytes / 2 <= bytes && (best == free_.end() || block->bytes < best->bytes))
        best = block;
    if (best == free_.end()) return {nullptr, 0};
    const Block block = *best;
    free_.erase(best);
    kept_ -= block.bytes;
    return block;
  }

  void give_back(Block block) {
    const std::lock_guard lock(mutex_);
    // Of a small limit on memory most is for those who need it.
    const std::uint64_t limit = memory_limit();
    const std::uint64_t most = limit == 0 ? most_kept : std::min<std::uint64_t>(most_kept, limit / 16);
    if (block.bytes > most) return give_to_system(block);
    // The oldest make room.
    while (kept_ + block.bytes > most) {
      kept_ -= free_.front().bytes;
      give_to_system(free_.front());
      free_.erase(free_.begin());
    }
    try {
      free_.push_back(block);
      kept_ += block.bytes;
    } catch (const std::bad_alloc&) {  // of the list itself
      give_to_system(block);
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Block> free_;
  std::size_t kept_ = 0;
};

Store& store() {
  static Store blocks;
  return blocks;
}

// Of blocks that are too small to be shared, a thread keeps some itself, for its next call: they are in its core's
// cache. Those come in the order in which they were given back, so that each has its use again.
class OwnBlocks {
 public:
  ~OwnBlocks() {
    for (std::size_t i = 0; i < count_; ++i) std::free(blocks_[i].data);
  }

  Block take_block(std::size_t bytes) {
    for (std::size_t i = 0; i < count_; ++i)
      if (blocks_[i].bytes == bytes) {
        const Block block = blocks_[i];
        std::move(blocks_.begin() + i + 1, blocks_.begin() + count_--, blocks_.begin() + i);
        return block;
      }
    return {nullptr, 0};
  }

  void give_back(Block block) {
    if (count_ == blocks_.size()) std::free(take_block(blocks_.front().bytes).data);
    blocks_[count_++] = block;
  }

 private:
  std::array<Block, 12> blocks_{};
  std::size_t count_ = 0;
};

}  // namespace

ScratchMemory::ScratchMemory(std::size_t bytes) {
  if (bytes == 0) {
    data_ = nothing;
    return;
  }
  if (bytes >= least_kept) {
    const Block block = store().take_block(bytes);
    data_ = block.data;
    bytes_ = block.bytes;
    if (data_ != nullptr) return;
  }
  const std::size_t unit = bytes >= huge_page ? huge_page : alignment;
  bytes_ = std::max(round_up(bytes, unit), unit);
  if (bytes < least_kept) {
    data_ = thread_owned<OwnBlocks>().take_block(bytes_).data;
    if (data_ != nullptr) return;
  }
  if (bytes_ > memory_left()) store().free_all();
  hold_memory(bytes_);
  data_ = std::aligned_alloc(unit, bytes_);
  if (data_ == nullptr) {
    release_memory(bytes_);
    throw std::bad_alloc();
  }
  if (unit == huge_page) prefer_huge_pages(data_, bytes_);
}

ScratchMemory::~ScratchMemory() {
  if (bytes_ == 0) return;
  if (bytes_ >= least_kept) {
    store().give_back({data_, bytes_});
    return;
  }
  try {
    thread_owned<OwnBlocks>().give_back({data_, bytes_});
  } catch (const std::bad_alloc&) {  // of the list itself
    std::free(data_);
  }
}

ScratchMemory::ScratchMemory(ScratchMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

ScratchMemory& ScratchMemory::operator=(ScratchMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace attn
