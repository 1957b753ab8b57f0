// A vector whose memory counts against the limit on large blocks.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/held_memory.hpp"

namespace attn {

template <class T>
struct CountedAllocator {
  using value_type = T;

  CountedAllocator() = default;
  template <class U>
  CountedAllocator(const CountedAllocator<U>& /*other*/) noexcept {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t count) {
    hold_memory(count * sizeof(T));
    try {
      return std::allocator<T>().allocate(count);
    } catch (...) {
      release_memory(count * sizeof(T));
      throw;
    }
  }
  void deallocate(T* values, std::size_t count) noexcept {
    std::allocator<T>().deallocate(values, count);
    release_memory(count * sizeof(T));
  }

  template <class U>
  bool operator==(const CountedAllocator<U>& /*other*/) const noexcept {
    return true;
  }
};

/// Throws Error (data, at `max_memory`) where it would grow past the limit.
template <class T>
using CountedVector = std::vector<T, CountedAllocator<T>>;

}  // namespace attn
