// JSON documents: the input document, single tensors, tensors of results, labels.
#pragma once

#include <string>
#include <vector>

#include "attn/document.hpp"
#include "attn/file_bytes.hpp"
#include "attn/read_options.hpp"

namespace attn::io {

Input read_json_input(const FileBytes& file, const ReadOptions& options);
/// The bare nested list, or the member `name` of an object; without a name its member that `kind` is named after.
Tensor read_json_one(const FileBytes& file, const std::string& name, TensorKind kind, const ReadOptions& options);
LabelledTensor read_json_labelled(const FileBytes& file, const std::string& name, const ReadOptions& options);
TensorsRead read_json_tensors(const FileBytes& file, const std::vector<std::string>& names, const ReadOptions& options);
/// A list of strings, the whole text.
std::vector<std::string> read_json_texts(const FileBytes& file);

}  // namespace attn::io
