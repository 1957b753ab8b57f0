// What a camera notes of how a picture is to be turned.
#pragma once

#include <cstdint>
#include <string_view>

#include "attn/image.hpp"

namespace attn {

/// The orientation in the Exif data of a JPEG or a PNG (Exif 2.3, 4.6.4: the tag 0x0112), 1 … 8; 1, as it is, where
/// there is none, or none that can be read without doubt.
std::uint16_t exif_orientation(std::string_view bytes);

/// The image as it is to be seen: 2 is mirrored, 3 upside down, 4 both, 5 … 8 have rows as columns.
Image oriented(Image image, std::uint16_t orientation);

}  // namespace attn
