// An image that scripts in tests/golden can draw as well.
#pragma once

#include "attn/image.hpp"

namespace attn::test {

/// The high bytes of a linear congruential sequence.
inline Image noise_image(std::size_t width, std::size_t height, std::uint32_t state) {
  Image image{width, height, {}};
  for (std::size_t i = 0; i < 3 * width * height; ++i) {
    state = state * 1664525 + 1013904223;
    image.rgb.push_back(static_cast<std::uint8_t>(state >> 24));
  }
  return image;
}

}  // namespace attn::test
