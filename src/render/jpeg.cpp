// JPEG by stb_image_write.
#include "render/jpeg.hpp"

#include <new>

#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>

namespace attn {

std::string jpeg_of(const Image& pixels, int quality) {
  std::string bytes;
  const auto append = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  };
  if (stbi_write_jpg_to_func(append, &bytes, static_cast<int>(pixels.width), static_cast<int>(pixels.height), 3,
                             pixels.rgb.data(), quality) == 0)
    throw std::bad_alloc();
  return bytes;
}

}  // namespace attn
