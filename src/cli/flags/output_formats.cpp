// Joins the tables of data formats and picture formats with the formats that the commands write themselves.
#include "cli/flags/output_formats.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "attn/formats.hpp"
#include "attn/picture.hpp"

namespace attn::cli {
namespace {

constexpr std::array texts{
    OutputFormat{.name = "text", .extension = ".txt", .kind = OutputKind::text},
    OutputFormat{.name = "markdown", .extension = ".md", .kind = OutputKind::markdown},
};

std::vector<OutputFormat> all_formats() {
  std::vector<OutputFormat> all;
  for (const Format& format : formats())
    all.push_back({.name = format.name,
                   .extension = format.extension,
                   .kind = format.holds_documents() ? OutputKind::document : OutputKind::tensor,
                   .is_text = format.is_text,
                   .data = &format});
  all.insert(all.end(), texts.begin(), texts.end());
  for (const PictureFormat& format : picture_formats())
    all.push_back({.name = format.name,
                   .extension = format.extension,
                   .kind = OutputKind::picture,
                   .is_text = format.is_text,
                   .picture = &format});
  return all;
}

const OutputFormat& first_of(OutputKind kind) {
  const std::span<const OutputFormat> all = output_formats();
  return *std::find_if(all.begin(), all.end(), [kind](const OutputFormat& format) { return format.kind == kind; });
}

}  // namespace

std::span<const OutputFormat> output_formats() {
  static const std::vector<OutputFormat> all = all_formats();
  return all;
}

bool is_json_document(const Format* data) {
  return data != nullptr && data->is_json && data->kind == FormatKind::document;
}

const OutputFormat& default_document_format() { return first_of(OutputKind::document); }
const OutputFormat& text_format() { return first_of(OutputKind::text); }

}  // namespace attn::cli
