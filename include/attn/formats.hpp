// Data formats: what there is, and which one a file has.
#pragma once

#include <span>
#include <string_view>

#include "attn/file_bytes.hpp"

namespace attn {

/// A data format that attn reads, writes, or both. Pictures are not here: see heatmap.hpp.
struct Format {
  std::string_view name;       ///< json, jsonl, csv, tsv, npy, npz, safetensors
  std::string_view extension;  ///< with its dot
  bool reads = false;
  bool writes = false;
  bool documents = false;  ///< holds a whole document; otherwise one tensor
};
/// Every format, in the order of the documentation.
std::span<const Format> formats();
/// By extension, ignoring case (`x.NPY`); null if there is none.
const Format* format_of_path(std::string_view path);
const Format* format_of_name(std::string_view name);
/// By the first bytes of a stream (NPY magic, ZIP magic, a safetensors header, `{` or `[`: JSON, or JSON
/// Lines if an object ends with its line and another follows; otherwise CSV, or TSV if the first line
/// has tabs and no comma). Throws Error (data, at the name) for an empty one.
const Format& format_of_bytes(const FileBytes& file);

}  // namespace attn
