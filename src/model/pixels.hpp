// From an image to what a vision model reads, as its preprocessor_config.json says.
#pragma once

#include <string_view>

#include "attn/image.hpp"
#include "attn/tensor.hpp"
#include "io/json/config.hpp"

namespace attn::model {

/// (1, 3, H, W) of a type: resized, cropped, scaled and normalised, each step as the preprocessor has it. `usual` is
/// its type where the file names none. Throws Error (data) for what read_preprocessor() refuses.
Tensor pixels_of(const Image& image, const io::Config& config, std::string_view usual, DType dtype);

}  // namespace attn::model
