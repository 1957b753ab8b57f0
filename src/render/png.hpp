// The PNG encoder: pixels as the bytes of a file.
#pragma once

#include <optional>
#include <string>

#include "attn/image.hpp"

namespace attn {

/// 8-bit RGB. With a resolution (pixels per inch), the file says how large the picture is meant to be.
std::string png_of(const Image& pixels, std::optional<double> dpi = {});
/// The same pixels with a palette if they have at most 256 colours: a third of the bytes before compression.
std::string png_with_palette(const Image& pixels);

}  // namespace attn
