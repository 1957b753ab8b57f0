// The TABLE of picture formats: each is a row here, and a file that is named after it.
#pragma once

#include <array>
#include <string>

#include "attn/picture.hpp"

namespace attn {

std::string encode_png(const Scene& scene, const Font& font);
std::string encode_svg(const Scene& scene, const Font& font);
std::string encode_html(const Scene& scene, const Font& font);
std::string encode_html_page(const Heatmap& heatmap);

inline constexpr std::array picture_format_table{
    PictureFormat{.name = "png", .extension = ".png", .is_text = false, .encode = encode_png},
    PictureFormat{.name = "svg", .extension = ".svg", .is_text = true, .encode = encode_svg},
    PictureFormat{.name = "html",
                  .extension = ".html",
                  .is_text = true,
                  .encode = encode_html,
                  .encode_heatmap = encode_html_page},
};

}  // namespace attn
