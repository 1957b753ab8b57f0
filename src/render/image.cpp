// Decodes with stb_image.
#include "attn/image.hpp"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "attn/error.hpp"
#include "render/exif.hpp"
#include "render/jpeg_tables.hpp"

namespace {

// A PNG whose first chunk of pixels is empty has stb copy nothing to nowhere, which memcpy does not allow.
inline void* copy_if_any(void* to, const void* from, std::size_t n) { return n == 0 ? to : std::memcpy(to, from, n); }

}  // namespace

// A file that leaves a table out, or pixels, has zeros there, and not what was in memory before.
#define STBI_MALLOC(size) std::calloc(1, size)
#define STBI_REALLOC(memory, size) std::realloc(memory, size)
#define STBI_FREE(memory) std::free(memory)
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#ifndef __clang_analyzer__  // it finds a leak in stb's own code, where memory runs out
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"  // stb casts what these macros give
#define memcpy copy_if_any
#include <stb_image.h>
#undef memcpy
#pragma GCC diagnostic pop

namespace attn {
namespace {

constexpr std::size_t most_pixels = 100'000'000;

}  // namespace

Image decode_image(std::string_view bytes, const std::string& where) {
  const auto* const data = reinterpret_cast<const stbi_uc*>(bytes.data());
  const auto refuse = [&where](const std::string& reason) {
    return data_error(where, "is no PNG or JPEG that can be read: " + reason);
  };
  // stb's words, but for one that begins with four bytes of the file, or ends with them where one of them is NUL.
  const auto refuse_as_stb_says = [&refuse] {
    const std::string_view reason = stbi_failure_reason();
    return refuse(reason.size() < 5 || reason.ends_with("PNG chunk not known") ? "unknown PNG chunk"
                                                                               : std::string(reason));
  };
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw refuse("it is too large");
  if (has_too_many_codes(bytes)) throw refuse("bad Huffman table");
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(data, size, &width, &height, &channels) == 0) {
    // Some versions read past a PNG's header here, and then say that it is no image: decoding, which fails at the same
    // place, says why.
    stbi_image_free(stbi_load_from_memory(data, size, &width, &height, &channels, 4));
    throw refuse_as_stb_says();
  }
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  if (count > most_pixels)
    throw refuse(std::to_string(width) + " x " + std::to_string(height) + " pixels are more than 100 million");
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(data, size, &width, &height, &channels, 4), stbi_image_free);
  if (!pixels) throw refuse_as_stb_says();
  Image image{static_cast<std::size_t>(width), static_cast<std::size_t>(height), {}};
  image.rgb.resize(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned alpha = pixels.get()[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c)
      image.rgb[3 * i + c] =
          static_cast<std::uint8_t>((pixels.get()[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return oriented(std::move(image), exif_orientation(bytes));
}

}  // namespace attn
