// Images: pictures that come in, for weights to be drawn over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attn {

/// 8-bit sRGB pixels, row by row.
struct Image {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> rgb;
};

/// Reads a PNG or a JPEG, of at most 100 million pixels; what is transparent is on white, and a JPEG is turned as the
/// camera notes (Exif). Throws Error (data, at `where`) for anything else.
Image decode_image(std::string_view bytes, const std::string& where);

/// The image in another size, by a triangle as wide as a pixel of the smaller of both: bilinear where it grows, and
/// without aliasing where it shrinks, as Pillow's BILINEAR is.
Image resized(const Image& image, std::size_t width, std::size_t height);

}  // namespace attn
