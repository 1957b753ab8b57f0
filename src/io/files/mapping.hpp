// Memory maps: files in memory, and memory that grows by moving pages. The only place that maps.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace attn::io {

/// Ends a mapping: by it, an owner of bytes is known to be one.
struct Unmap {
  std::size_t size = 0;
  void operator()(const void* start) const;
};

/// The first `size` bytes of a file; null where it cannot be mapped. Private and writable, so that a tensor that lies
/// in the file may be changed without changing the file.
std::shared_ptr<const void> map_file(int descriptor, std::size_t size);

/// Zeros; pages that are never touched cost nothing. Throws std::bad_alloc.
void* map_memory(std::size_t size);
/// The same memory with another size, at another place if need be. Throws std::bad_alloc, and leaves it then.
void* resize_mapping(void* memory, std::size_t size, std::size_t wanted);
/// Bytes of a page, by which mappings end.
std::size_t page_size();

/// Maps all pages of `bytes` at once, where the system can (Linux 5.14): much less work than a fault for every few of
/// them. Memory that is no mapped file has them already.
void populate_pages(std::string_view bytes);

/// Gives back the memory of the pages that lie wholly in `bytes`, which come from the file again when they are read.
/// What was written to them is lost, or may be where this is advice (elsewhere than on Linux). Does nothing to bytes
/// that are not of a mapped file.
void drop_pages(const std::shared_ptr<const void>& owner, std::string_view bytes);

/// Gives back the pages that a reader has passed, so that a mapped file that is read from its front to its end is
/// never in memory as a whole.
class PassedPages {
 public:
  PassedPages(std::shared_ptr<const void> owner, const char* begin) : owner_(std::move(owner)), begin_(begin) {}

  /// The reader stands at `position`.
  void pass(const char* position) {
    if (position - begin_ < step) return;
    drop_pages(owner_, {begin_, static_cast<std::size_t>(position - begin_)});
    begin_ = position;
  }

  static constexpr std::ptrdiff_t step = std::ptrdiff_t{1} << 21;

 private:
  std::shared_ptr<const void> owner_;
  const char* begin_;
};

}  // namespace attn::io
