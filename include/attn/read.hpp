// Reading documents, tensors and labels in any format.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/document.hpp"
#include "attn/file_bytes.hpp"
#include "attn/formats.hpp"
#include "attn/read_options.hpp"
#include "attn/tensor.hpp"

namespace attn {

/// The input document in `file`: a JSON object, or an NPZ or safetensors with the same names; an NPY
/// or CSV is `embeddings`, and a labelled CSV's labels become tokens.
Input read_input(const FileBytes& file, const Format& format, const ReadOptions& options);

/// One tensor: an NPY, a CSV, a bare nested JSON array, or a member of a document, `file.npz:name`
/// (`.safetensors` and `.json` alike). A document without a name gives its `mask` or `bias` where one is
/// wanted, or its only tensor. A column of numbers in a CSV has rank 1, as for np.loadtxt.
Tensor read_tensor(const std::string& path, TensorKind kind, const ReadOptions& options);

/// `file.npz:name` as the file and the name in it; a path without a name, or of a file that there is, with an empty
/// one. Throws Error (data) for a name in a file that holds one tensor without a name.
std::pair<std::string, std::string> split_member(const std::string& path);

/// What visualize reads: a tensor with labels out of a result document (member `name`), a bare nested
/// array, CSV or NPY. An empty name stands for `weights`. In a document without such it stands for the only matrix, and
/// in an NPZ or safetensors for all of its arrays, if they are one a layer or one a step, numbered from 0 (`layer_0`,
/// `arr_0`, `0`): see stack.hpp. A member of input documents other than `mask` and `bias` has to be named. `null` is
/// NaN here, as result documents write it.
LabelledTensor read_labelled(const FileBytes& file, const Format& format, const std::string& name,
                             const ReadOptions& options);

/// The tensors of a document (JSON, NPZ, safetensors) that have one of `names`, `null` as NaN; the arrays of a JSON
/// document's `stats` are `stats.entropy` and so on, as they are in NPZ. An NPY, a CSV or a bare nested list is one
/// tensor without a name, whatever is asked for. What --expect compares with. Throws Error (data, at its place) for a
/// member of such a name that is no array of numbers or booleans.
TensorsRead read_tensors(const FileBytes& file, const Format& format, const std::vector<std::string>& names,
                         const ReadOptions& options);

/// The floating-point type that a tensor has in its file: "f8_e4m3", "f8_e5m2", "f16", "bf16", "f32" or "f64"; empty
/// for text and whole numbers. `name` counts in archives. Throws Error (data) if there is none of that name.
std::string_view stored_dtype(const FileBytes& file, const Format& format, const std::string& name,
                              const ReadOptions& options);

/// Labels, one a line, or a JSON array of strings.
std::vector<std::string> read_labels(const FileBytes& file);

}  // namespace attn
