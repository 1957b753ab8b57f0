// PageBuffer: memory that grows by moving pages, not bytes, so that what has an unknown size is never held twice.
#pragma once

#include <cstddef>
#include <memory>

namespace attn::io {

/// Whether the limit on memory leaves room for a block that grows beyond `bytes`.
bool may_grow(std::size_t bytes);
/// A good size for a block that `bytes` fill and that may grow: larger, but by no more than the limit on memory leaves.
std::size_t grown_capacity(std::size_t bytes);

/// A growing block, aligned to 64 bytes. From 256 KiB on it is a mapping: growing it moves page tables only, and
/// pages that were never touched cost nothing.
class PageBuffer {
 public:
  PageBuffer() = default;
  ~PageBuffer();
  PageBuffer(PageBuffer&& other) noexcept;
  PageBuffer& operator=(PageBuffer&&) = delete;

  std::byte* data() const { return data_; }
  std::size_t capacity() const { return capacity_; }
  /// Room for at least `bytes`; what is there stays. Throws std::bad_alloc, and Error where the limit on memory is.
  void reserve(std::size_t bytes);
  /// Hands the memory over, cut to `bytes`.
  std::shared_ptr<void> release(std::size_t bytes);

 private:
  bool mapped() const;

  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace attn::io
