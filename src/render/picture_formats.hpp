// The TABLE of picture formats: each is a row here, and a file that is named after it.
#pragma once

#include <array>
#include <string>

#include "attn/picture.hpp"

namespace attn {

std::string encode_png(const Scene& scene, const Font& font);
std::string encode_svg(const Scene& scene, const Font& font);

inline constexpr std::array picture_format_table{
    PictureFormat{.name = "png", .extension = ".png", .is_text = false, .encode = encode_png},
    PictureFormat{.name = "svg", .extension = ".svg", .is_text = true, .encode = encode_svg},
};

}  // namespace attn
