// Memory that a file is mapped to.
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

/// Gives back the memory of the pages that lie wholly in `bytes`, which come from the file again when they are read.
/// What was written to them is lost. Does nothing to bytes that are not of a mapped file.
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
