// The JPEG encoder, for photographs inside of other documents.
#pragma once

#include <string>

#include "attn/image.hpp"

namespace attn {

/// The pixels as a JPEG of this quality, 1 … 100; above 90 colours have the resolution of the picture.
std::string jpeg_of(const Image& pixels, int quality);

}  // namespace attn
