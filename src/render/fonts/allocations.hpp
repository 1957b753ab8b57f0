// Failed allocations of libraries that go on without the memory.
#pragma once

#include <cerrno>
#include <new>

namespace attn {

/// HarfBuzz takes a table for which there is no memory for one that is empty. The C library leaves ENOMEM when it
/// refuses memory, and nothing between touches errno: so a text with wrong glyphs is no result.
class AllocationCheck {
 public:
  AllocationCheck() { errno = 0; }
  /// Throws std::bad_alloc if memory was refused since.
  void check() const {
    if (errno == ENOMEM) throw std::bad_alloc();
  }
};

}  // namespace attn
