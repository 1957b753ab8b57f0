// madvise, on Linux.
#include "core/huge_pages.hpp"

#include "core/linux.hpp"
#if ATTN_LINUX
#include <sys/mman.h>
#endif

namespace attn {

void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if ATTN_LINUX
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
}

}  // namespace attn
