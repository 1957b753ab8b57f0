// Deflates pictures of plain areas, such as most heatmaps are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace attn {

/// How far bytes lie apart that are probably equal in a picture.
struct RowBytes {
  std::size_t pixel = 3;  ///< the same colour's in the pixel to the left
  std::size_t row = 0;    ///< in the pixel above
};

/// The bytes as a DEFLATE stream (RFC 1951), or nothing if they are not a picture of plain areas, which the compressors
/// of libraries pack better. Those look at each byte of a plain area, here a run of them is one step: a tenth of the
/// time, and less bytes, as what is to the left and what is above is always tried first.
std::optional<std::string> deflate_flat(std::span<const unsigned char> bytes, RowBytes distances);

}  // namespace attn
