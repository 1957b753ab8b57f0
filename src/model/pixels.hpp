// From an image to what a vision model reads, as its preprocessor_config.json says.
#pragma once

#include <string>

#include "attn/image.hpp"
#include "attn/tensor.hpp"
#include "io/json/config.hpp"

namespace attn::model {

/// (1, 3, H, W) of a type: resized, cropped, scaled and normalised, each step as the preprocessor has it. Throws Error
/// (data) for members that are missing or make no sense.
Tensor pixels_of(const Image& image, const io::Config& config, DType dtype);

}  // namespace attn::model
