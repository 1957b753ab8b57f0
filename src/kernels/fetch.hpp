// Fetches rows of keys and values from memory while those before them are multiplied.
//
// A machine that foresees a run of addresses does so within a page of 4 KiB: 16 rows of 128 numbers of 16 bits, which
// are done before those of the next page have come. Where several queries share each row, there is time to ask for them
// by program, 8 KiB ahead. On an AMD EPYC (Zen 4), one thread, 32 heads of 128 that share 8 heads of 16384 keys: 5.2 ms
// without, 4.6 ms with, and as float32 7.5 and 6.0 ms; by way of the first-level cache 6.4 ms for 16 bits. With one
// query a row memory is the limit, and asking makes it slower (2.6 to 3.2 ms for 32 heads of 4096 keys).
#pragma once

#include <cstddef>

#include "kernels/assumptions.hpp"

namespace attn {

inline constexpr std::size_t kRowsWorthFetching = 3, kBytesAhead = 8192;

/// Fetches the row of `n` elements that comes kBytesAhead after this one into the second-level cache.
template <class B>
inline __attribute__((always_inline)) void fetch_later_row(const B* row, std::size_t n, std::ptrdiff_t stride) {
  constexpr int for_reading = 0, second_level = 2;
  const std::size_t rows = kBytesAhead / (n * sizeof(B));
  const char* const later = reinterpret_cast<const char*>(row + static_cast<std::ptrdiff_t>(rows) * stride);
  for (std::size_t at = 0; at < n * sizeof(B); at += kCacheLine)
    __builtin_prefetch(later + at, for_reading, second_level);
}

}  // namespace attn
