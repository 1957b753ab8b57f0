// mmap and its like.
#include "io/files/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "core/linux.hpp"
#include "core/rounding.hpp"

namespace attn::io {
namespace {

// Linux sets no memory aside for what a mapping may hold; others do not, or are asked in no way that all know.
#if ATTN_LINUX
constexpr int unreserved = MAP_NORESERVE;
#else
constexpr int unreserved = 0;
#endif

}  // namespace

void Unmap::operator()(const void* start) const { munmap(const_cast<void*>(start), size); }

std::shared_ptr<const void> map_file(int descriptor, std::size_t size) {
  void* const start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | unreserved, descriptor, 0);
  return start == MAP_FAILED ? nullptr : std::shared_ptr<const void>(start, Unmap{size});
}

void* map_memory(std::size_t size) {
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | unreserved, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return memory;
}

void* resize_mapping(void* memory, std::size_t size, std::size_t wanted) {
#if ATTN_LINUX
  void* const moved = mremap(memory, size, wanted, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) throw std::bad_alloc();
#else
  void* const moved = map_memory(wanted);
  std::memcpy(moved, memory, std::min(size, wanted));
  munmap(memory, size);
#endif
  return moved;
}

std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

void populate_pages([[maybe_unused]] std::string_view bytes) {
#if ATTN_LINUX && defined(MADV_POPULATE_READ)
  const std::size_t before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page_size();
  madvise(const_cast<char*>(bytes.data()) - before, bytes.size() + before, MADV_POPULATE_READ);
#endif
}

void drop_pages(const std::shared_ptr<const void>& owner, std::string_view bytes) {
  if (std::get_deleter<Unmap>(owner) == nullptr) return;
  const std::uintptr_t page = page_size();
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::uintptr_t first = round_up(begin, page), end = (begin + bytes.size()) / page * page;
  if (first < end) madvise(const_cast<char*>(bytes.data()) + (first - begin), end - first, MADV_DONTNEED);
}

}  // namespace attn::io
