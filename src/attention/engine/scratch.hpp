// Memory for intermediate results, kept from one call to the next.
#pragma once

#include <cstddef>

namespace attn {

/// A block of memory of at least so many bytes, aligned to 64; one of 0 bytes costs nothing. Large blocks come from, and
/// go back to, a store of free ones that holds 64 MiB at most: a fresh block costs a page fault and the clearing of a
/// page for every 4 KiB, which for short sequences is a twentieth of the whole time.
class ScratchMemory {
 public:
  explicit ScratchMemory(std::size_t bytes);
  ~ScratchMemory();
  ScratchMemory(ScratchMemory&& other) noexcept;
  ScratchMemory& operator=(ScratchMemory&& other) noexcept;
  ScratchMemory(const ScratchMemory&) = delete;
  ScratchMemory& operator=(const ScratchMemory&) = delete;

  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Elements that are about to be written: not cleared first.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t size) : memory_(size * sizeof(T)), size_(size) {}
  T* data() { return static_cast<T*>(memory_.data()); }
  const T* data() const { return static_cast<const T*>(memory_.data()); }
  std::size_t size() const { return size_; }

 private:
  ScratchMemory memory_;
  std::size_t size_;
};

}  // namespace attn
