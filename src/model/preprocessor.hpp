// What a preprocessor_config.json says, read as the image processors of transformers read it.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "attn/image.hpp"
#include "io/json/config.hpp"
#include "model/image_size.hpp"

namespace attn::model {

/// The steps from an image to pixels, in their order.
struct Preprocessor {
  std::optional<Extent> size;  ///< of the resized image
  Resampling resampling = Resampling::bilinear;
  std::optional<Extent> crop;
  double factor = 1;
  std::array<double, 3> mean{}, deviation{1, 1, 1};
};

/// For an image of some size. `usual` is the type of processor where the file names none: ViT, DeiT, …. Throws Error
/// (data) for a type that attn does not know, for members that are missing or make no sense, and for those that may
/// change pixels in a way that attn does not know.
Preprocessor read_preprocessor(const io::Config& config, std::string_view usual, const Extent& image);

}  // namespace attn::model
