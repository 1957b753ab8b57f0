// Data formats: what there is, and which one a file has.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attn {

class FileBytes;

/// What a file of a format holds.
enum class FormatKind {
  document,  ///< everything of an input or a result, by name
  lines,     ///< a document on each line
  tensor,    ///< one tensor, which has no name
};

/// A data format: what its row of the table says of it. Pictures are not here: see picture.hpp.
struct Format {
  std::string_view name;       ///< json, jsonl, csv, tsv, npy, npz, safetensors
  std::string_view extension;  ///< with its dot
  std::string_view title;      ///< as people write it: JSON Lines
  FormatKind kind = FormatKind::tensor;
  bool is_text = false;      ///< a terminal can show it; otherwise it is binary
  bool is_json = false;      ///< JsonWriter writes its documents, whatever their members are
  bool null_is_nan = false;  ///< it has no NaN and no infinities: null stands for them
  bool is_archive = false;   ///< of named arrays: see archive.hpp
  char separator = '\0';     ///< between columns, if it is a table, which has no axes of length one; otherwise NUL

  bool holds_documents() const { return kind != FormatKind::tensor; }
};

/// Every format, in the order of the documentation.
std::span<const Format> formats();
/// Their titles: "JSON, JSON Lines, CSV, TSV, NPY, NPZ or safetensors"; `of_lines`: those of several documents too.
std::string format_titles(bool of_lines = true);
/// By extension, ignoring case (`x.NPY`); null if there is none.
const Format* format_of_path(std::string_view path);
/// Null if there is none of that name.
const Format* format_of_name(std::string_view name);
/// By the first bytes of a stream (NPY magic, ZIP magic, a safetensors header, `{` or `[`: JSON, or JSON
/// Lines if an object ends with its line and another follows; a first line with tabs and no comma: TSV; any other
/// bytes are taken for CSV, whose reader then finds what is wrong). Throws Error (data, at the name) for an empty one.
const Format& format_of_bytes(const FileBytes& file);
/// By its extension, or where that is none of a format, as of standard input and pipes, by its first bytes. Throws Error
/// (data, at the name) for an empty one.
const Format& format_of(const FileBytes& file);

}  // namespace attn
