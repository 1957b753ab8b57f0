// Files and folders of models that are no checkpoints attn reads: what they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attn::io {

/// What a file is, by its first bytes or its name: "an ONNX model"; none if it is not known.
std::optional<std::string> other_model_format(std::string_view path, std::string_view bytes);

/// For messages: "; its tf_model.h5 is an HDF5 file of TensorFlow or Keras", or nothing.
std::string other_models_in(const std::string& folder);

/// Throws Error (data) for a folder that is a LoRA adapter, whatever lies beside it.
void refuse_adapter(const std::string& folder);

/// Names of tensors that a method of quantisation or adaptation leaves, and what wrote them: "MLX's quantised
/// weights"; none if there are no such.
std::optional<std::string> method_of_names(const std::vector<std::string>& names);

}  // namespace attn::io
