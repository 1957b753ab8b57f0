// The decoders of images, one for each format, and the words in which they refuse.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "attn/error.hpp"
#include "attn/image.hpp"
#include "core/held_memory.hpp"

namespace attn {

/// An Error (data) for an image at `where`.
Error unreadable_image(const std::string& where, const std::string& reason);

/// Throws such an Error where an image has more pixels than any may have.
void check_pixel_count(const std::string& where, std::size_t width, std::size_t height);

/// Counts what the decoder of the image at `where` needs. Throws Error (data, at `where`) where the limit leaves less.
HeldMemory held_for_image(const std::string& where, std::size_t bytes);

/// As stored, with nothing turned. Throw Error (data, at `where`) for what is damaged, too, where it cost pixels.
Image decode_png(std::string_view bytes, const std::string& where);
Image decode_jpeg(std::string_view bytes, const std::string& where);

}  // namespace attn
