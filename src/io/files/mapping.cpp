// Gives back what a mapping holds.
#include "io/files/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "core/rounding.hpp"

namespace attn::io {

void Unmap::operator()(const void* start) const { munmap(const_cast<void*>(start), size); }

void drop_pages(const std::shared_ptr<const void>& owner, std::string_view bytes) {
  if (std::get_deleter<Unmap>(owner) == nullptr) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = round_up(begin, page), end = (begin + bytes.size()) / page * page;
  if (first < end) madvise(const_cast<char*>(bytes.data()) + (first - begin), end - first, MADV_DONTNEED);
}

}  // namespace attn::io
