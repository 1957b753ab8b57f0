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

/// Reads a PNG or a JPEG, of at most 100 million pixels; what is transparent is on white, of 16 bits the upper 8 count,
/// and the image is turned as the camera notes (Exif). Throws Error (data, at `where`) for anything else, and for what
/// is damaged.
Image decode_image(std::string_view bytes, const std::string& where);

/// How an image gets another size: the functions that Pillow has under these names and numbers.
enum class Resampling : std::uint8_t { nearest, lanczos, bilinear, bicubic, box, hamming };

/// The image in another size. All but `nearest` widen their function where the image shrinks, so that there is no
/// aliasing. To the bit what Pillow gives.
Image resized(const Image& image, std::size_t width, std::size_t height, Resampling resampling = Resampling::bilinear);
/// The middle of the image; what is past its edges is black.
Image center_cropped(const Image& image, std::size_t width, std::size_t height);

}  // namespace attn
