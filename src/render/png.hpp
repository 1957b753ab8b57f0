// PNG: a scene as the bytes of a file.
#pragma once

#include <string>

#include "render/font.hpp"
#include "render/scene.hpp"

namespace attn {

/// 8-bit RGB, the same bytes every time.
std::string encode_png(const Scene& scene, const Font& font);

}  // namespace attn
