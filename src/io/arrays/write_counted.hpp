// Bytes that are there as a whole, written a piece at a time so that people see how far it is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "attn/sink.hpp"
#include "core/progress.hpp"

namespace attn::io {

/// Writes `bytes`, numbers of `number_bytes` each.
inline void write_counted(std::string_view bytes, std::size_t number_bytes, Sink& sink) {
  constexpr std::size_t piece = std::size_t{1} << 24;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, std::min(piece, bytes.size()));
    sink.write(part);
    count_progress(WorkUnit::numbers, part.size() / number_bytes);
    bytes.remove_prefix(part.size());
  }
}

}  // namespace attn::io
