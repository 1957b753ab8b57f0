// From an image's pixels to what enters the first block of a vision model.
#pragma once

#include <string>
#include <vector>

#include "attn/document.hpp"
#include "io/json/config.hpp"
#include "model/tensors.hpp"

namespace attn::model {

struct PatchStates {
  Tensor x;                         ///< (B, L, d)
  std::vector<std::string> labels;  ///< (L): [CLS] and the like, and each patch as "row,column"
};

/// The patches of `pixels`, (B, C, H, W), through the model's convolution, with its own tokens before them and the
/// positions added. What is past the last whole patch is not looked at. Throws Error (data) for pixels of another shape
/// than the model takes.
PatchStates embed_patches(ModelTensors& tensors, const Family& family, const io::Config& config,
                          const SourcedTensor& pixels, const Execution& execution);

}  // namespace attn::model
