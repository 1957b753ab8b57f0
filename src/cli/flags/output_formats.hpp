// Output formats: all that -f can name and -o has extensions for, as one list.
#pragma once

#include <span>
#include <string_view>

namespace attn {
struct Format;
struct PictureFormat;
}  // namespace attn

namespace attn::cli {

/// What a target wants of a result.
enum class OutputKind {
  document,  ///< JSON, JSON Lines, NPZ, safetensors: everything that was emitted, or one tensor
  tensor,    ///< CSV, TSV, NPY: one tensor
  picture,   ///< PNG, SVG
  markdown,  ///< a table for a README
  text,      ///< for people
};

struct OutputFormat {
  std::string_view name;       ///< for -f
  std::string_view extension;  ///< for -o, with its dot
  OutputKind kind = OutputKind::text;
  bool is_text = true;                     ///< a terminal can show it
  const Format* data = nullptr;            ///< of documents and tensors
  const PictureFormat* picture = nullptr;  ///< of pictures

  /// By its name, or its extension without the dot: text and txt.
  bool is_called(std::string_view word) const { return word == name || word == extension.substr(1); }
};

/// The data formats, text and Markdown, and the picture formats, in this order.
std::span<const OutputFormat> output_formats();
/// Whether what JsonWriter writes is a whole file of this format.
bool is_json_document(const Format* data);
/// What documents are where no format was asked for: JSON.
const OutputFormat& default_document_format();
/// Text for people.
const OutputFormat& text_format();

}  // namespace attn::cli
