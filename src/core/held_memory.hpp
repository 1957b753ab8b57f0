// What the process holds in large blocks, and the limit on it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace attn {

/// A block of no more bytes is not counted: such are many, and little together.
inline constexpr std::size_t most_uncounted = std::size_t{1} << 16;

/// The limit on large blocks that are allocated while this lives, all together: what would pass it is refused before it
/// is allocated. Blocks that were there before do not count. It is the process's own, for a program that has one run at
/// a time; 0 is no limit.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::uint64_t bytes);
  ~MemoryLimit();
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  std::uint64_t outer_, outer_before_;
};

/// 0: there is none.
std::uint64_t memory_limit();
/// Bytes of large blocks that there are: tensors, what was read, intermediate results.
std::uint64_t held_memory();
/// What the limit leaves; UINT64_MAX where there is none.
std::uint64_t memory_left();

/// Counts a block that is about to be allocated, if it is large, or to grow from `before` bytes. Throws Error (data, at
/// `max_memory`) if it would pass the limit.
void hold_memory(std::size_t bytes, std::size_t before = 0);
/// Of a block of so many bytes that was counted and is freed, or is cut to `kept` bytes.
void release_memory(std::size_t bytes, std::size_t kept = 0) noexcept;

/// Counts as a block of so many bytes while it lives.
class HeldMemory {
 public:
  explicit HeldMemory(std::size_t bytes) : bytes_(bytes) { hold_memory(bytes); }
  ~HeldMemory() { release_memory(bytes_); }
  HeldMemory(const HeldMemory&) = delete;
  HeldMemory& operator=(const HeldMemory&) = delete;

 private:
  std::size_t bytes_;
};

/// For the pixels of a picture: small pictures are drawn within any limit, larger ones count.
inline HeldMemory held_for_drawing(std::size_t bytes) {
  constexpr std::size_t uncounted = std::size_t{4} << 20;
  return HeldMemory(bytes - std::min(bytes, uncounted));
}

}  // namespace attn
