// Memory that a file is mapped to.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace attn::io {

/// Ends a mapping: by it, an owner of bytes is known to be one.
struct Unmap {
  std::size_t size = 0;
  void operator()(const void* start) const;
};

/// Gives back the memory of the pages that lie wholly in `bytes`, which come from the file again when they are read.
/// What was written to them is lost. Does nothing to bytes that are not of a mapped file.
void drop_pages(const std::shared_ptr<const void>& owner, std::string_view bytes);

}  // namespace attn::io
