// Failed allocations of libraries that go on without the memory.
#pragma once

#include <cerrno>
#include <new>

namespace attn {

/// HarfBuzz takes a table for which there is no memory for one that is empty, and FreeType may take it for damaged. The
/// C library leaves ENOMEM when it refuses memory, and nothing in between touches errno: so neither a text with wrong
/// glyphs nor a wrong reproach is the result.
class AllocationCheck {
 public:
  AllocationCheck() { errno = 0; }
  /// Throws std::bad_alloc if memory was refused since.
  void check() const {
    if (errno == ENOMEM) throw std::bad_alloc();
  }
};

}  // namespace attn
