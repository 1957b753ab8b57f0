// Looks formats up, and draws heatmaps in them.
#include "render/picture_formats.hpp"

#include <algorithm>
#include <memory>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "render/compose.hpp"

namespace attn {
namespace {

constexpr std::size_t most_pixels = 400'000'000;  // more is what no viewer opens

}  // namespace

std::span<const PictureFormat> picture_formats() { return picture_format_table; }

const PictureFormat* picture_format_of_name(std::string_view name) {
  const auto* const found = std::find_if(picture_format_table.begin(), picture_format_table.end(),
                                         [name](const PictureFormat& format) { return format.name == name; });
  return found == picture_format_table.end() ? nullptr : found;
}

std::string render_picture(const Heatmap& heatmap, const PictureFormat& format) {
  if (format.shows_matrices()) {
    check_heatmap(heatmap);
    return format.encode_heatmap(heatmap);
  }
  std::unique_ptr<Font> own_font;
  const Font& font = font_of(heatmap.style, own_font);
  const Scene scene = compose(heatmap, font);
  if (scene.width > most_pixels / scene.height) {
    const std::string problem = "a picture of " + std::to_string(scene.width) + "x" + std::to_string(scene.height) +
                                " pixels is past any use; draw fewer matrices, or give a smaller size";
    throw heatmap.style.width || heatmap.style.height ? usage_error(option_name("size"), problem)
                                                      : data_error("", problem);
  }
  return format.encode(scene, font);
}

}  // namespace attn
