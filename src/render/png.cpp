// PNG, 8-bit RGB: the scene as pixels, packed by stb_image_write with libdeflate.
#include <libdeflate.h>

#include <cmath>
#include <cstdlib>
#include <memory>

#include "render/canvas.hpp"
#include "render/picture_formats.hpp"

namespace {

// The zlib stream that stb_image_write asks for; freed by it with free().
unsigned char* compress_zlib(unsigned char* data, int length, int* packed_length, int level) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(level), libdeflate_free_compressor);
  if (!compressor) return nullptr;
  const auto size = static_cast<std::size_t>(length);
  const std::size_t bound = libdeflate_zlib_compress_bound(compressor.get(), size);
  auto* packed = static_cast<unsigned char*>(std::malloc(bound));
  if (packed == nullptr) return nullptr;
  *packed_length = static_cast<int>(libdeflate_zlib_compress(compressor.get(), data, size, packed, bound));
  return packed;
}

}  // namespace

#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBIW_ZLIB_COMPRESS compress_zlib
#include <stb_image_write.h>

namespace attn {
namespace {

void append_big_endian(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

// The pHYs chunk: pixels per metre (PNG specification, 11.3.5.3).
std::string resolution_chunk(double dpi) {
  const auto per_metre = static_cast<std::uint32_t>(std::lround(dpi / 0.0254));
  std::string body = "pHYs";
  append_big_endian(body, per_metre);
  append_big_endian(body, per_metre);
  body += '\1';
  std::string chunk;
  append_big_endian(chunk, static_cast<std::uint32_t>(body.size() - 4));
  chunk += body;
  append_big_endian(chunk, libdeflate_crc32(0, body.data(), body.size()));
  return chunk;
}

std::string encode(const Pixels& pixels, double dpi) {
  stbi_write_force_png_filter = 0;  // none: equal rows are found by the compressor, and noise packs better
  stbi_write_png_compression_level = 6;
  int length = 0;
  const auto width = static_cast<int>(pixels.width);
  const std::unique_ptr<unsigned char, void (*)(void*)> png(
      stbi_write_png_to_mem(pixels.rgb.data(), 3 * width, width, static_cast<int>(pixels.height), 3, &length),
      std::free);
  if (!png) throw std::bad_alloc();
  std::string bytes(png.get(), png.get() + length);
  constexpr std::size_t after_header = 8 + 25;
  bytes.insert(after_header, resolution_chunk(dpi));
  return bytes;
}

}  // namespace

std::string encode_png(const Scene& scene, const Font& font) { return encode(rasterize(scene, font), scene.dpi); }

}  // namespace attn
