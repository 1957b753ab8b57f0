// PNG (https://www.w3.org/TR/png): written by stb_image_write, whose bytes are deflated as plain areas, or else by
// libdeflate; chunks that it does not write are added.
#include "render/png.hpp"

#include <libdeflate.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/held_memory.hpp"
#include "render/canvas.hpp"
#include "render/flat_deflate.hpp"
#include "render/picture_formats.hpp"

namespace {

// Of the picture that is being written: stb_image_write has no argument for it.
thread_local attn::RowBytes row_bytes;

void append_big_endian(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

// A zlib stream (RFC 1950) around what is deflated already.
std::string zlib_of(const std::string& deflated, std::span<const unsigned char> bytes) {
  std::string stream = "x^" + deflated;  // 0x78 0x5E: DEFLATE, a window of 32 KiB, packed fast
  append_big_endian(stream, libdeflate_adler32(1, bytes.data(), bytes.size()));
  return stream;
}

// The zlib stream that stb_image_write asks for; freed by it with free().
unsigned char* compress_zlib(unsigned char* data, int length, int* packed_length, int level) {
  const std::span<const unsigned char> bytes(data, static_cast<std::size_t>(length));
  if (const std::optional<std::string> flat = attn::deflate_flat(bytes, row_bytes)) {
    const std::string stream = zlib_of(*flat, bytes);
    auto* packed = static_cast<unsigned char*>(std::malloc(stream.size()));
    if (packed == nullptr) return nullptr;
    std::memcpy(packed, stream.data(), stream.size());
    *packed_length = static_cast<int>(stream.size());
    return packed;
  }
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(level), libdeflate_free_compressor);
  if (!compressor) return nullptr;
  const std::size_t bound = libdeflate_zlib_compress_bound(compressor.get(), bytes.size());
  auto* packed = static_cast<unsigned char*>(std::malloc(bound));
  if (packed == nullptr) return nullptr;
  *packed_length = static_cast<int>(libdeflate_zlib_compress(compressor.get(), data, bytes.size(), packed, bound));
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

constexpr std::size_t header_begin = 8, header_end = header_begin + 25;  // the IHDR chunk, which comes first
constexpr char palette_type = 3;                                         // of IHDR's colour types

std::string chunk(std::string_view type, std::string_view body) {
  std::string bytes;
  append_big_endian(bytes, static_cast<std::uint32_t>(body.size()));
  const std::size_t checked = bytes.size();
  bytes += type;
  bytes += body;
  append_big_endian(bytes, libdeflate_crc32(0, bytes.data() + checked, bytes.size() - checked));
  return bytes;
}

// Pixels per metre (11.3.5.3).
std::string resolution_chunk(double dpi) {
  const auto per_metre = static_cast<std::uint32_t>(std::lround(dpi / 0.0254));
  std::string body;
  append_big_endian(body, per_metre);
  append_big_endian(body, per_metre);
  return chunk("pHYs", body += '\1');
}

// Rows of so many bytes a pixel: three are RGB, one is grey.
std::string packed(const std::vector<std::uint8_t>& bytes, std::size_t width, std::size_t height, int channels) {
  stbi_write_force_png_filter = 0;  // none: equal rows are found by the compressor, and noise packs better
  stbi_write_png_compression_level = 6;
  row_bytes = {static_cast<std::size_t>(channels), static_cast<std::size_t>(channels) * width + 1};
  int length = 0;
  const int columns = static_cast<int>(width);
  const std::unique_ptr<unsigned char, void (*)(void*)> png(
      stbi_write_png_to_mem(bytes.data(), channels * columns, columns, static_cast<int>(height), channels, &length),
      std::free);
  if (!png) throw std::bad_alloc();
  return {png.get(), png.get() + length};
}

// Each pixel's place in a list of their colours; nothing if there are too many for a palette.
struct Indexed {
  std::string palette;  // three bytes a colour
  std::vector<std::uint8_t> indices;
};

std::optional<Indexed> indexed(const Image& pixels) {
  constexpr std::size_t most = 256;
  Indexed result;
  result.indices.reserve(pixels.width * pixels.height);
  std::unordered_map<std::uint32_t, std::uint8_t> known;
  for (std::size_t k = 0; k < pixels.rgb.size(); k += 3) {
    const std::uint8_t* rgb = pixels.rgb.data() + k;
    const std::uint32_t color = std::uint32_t{rgb[0]} << 16 | std::uint32_t{rgb[1]} << 8 | rgb[2];
    const auto [found, is_new] = known.try_emplace(color, static_cast<std::uint8_t>(known.size()));
    if (is_new) {
      if (known.size() > most) return {};
      for (std::size_t c = 0; c < 3; ++c) result.palette += static_cast<char>(rgb[c]);
    }
    result.indices.push_back(found->second);
  }
  return result;
}

}  // namespace

std::string png_of(const Image& pixels, std::optional<double> dpi) {
  std::string bytes = packed(pixels.rgb, pixels.width, pixels.height, 3);
  if (dpi) bytes.insert(header_end, resolution_chunk(*dpi));
  return bytes;
}

std::string png_with_palette(const Image& pixels) {
  const std::optional<Indexed> small = indexed(pixels);
  if (!small) return png_of(pixels);
  // The indices as if they were greys; then the header says that they are none.
  std::string bytes = packed(small->indices, pixels.width, pixels.height, 1);
  constexpr std::size_t body_begin = header_begin + 8, body_size = 13, type_at = 9;
  std::string header = bytes.substr(body_begin, body_size);
  header[type_at] = palette_type;
  return bytes.replace(header_begin, header_end - header_begin, chunk("IHDR", header) + chunk("PLTE", small->palette));
}

std::string encode_png(const Scene& scene, const Font& font) {
  // The pixels, stb_image_write's copy of them, and what that is packed to.
  constexpr std::size_t bytes_of_pixel = 3 * 3;
  const HeldMemory held = held_for_drawing(bytes_of_pixel * scene.width * scene.height);
  return png_of(rasterize(scene, font), scene.dpi);
}

}  // namespace attn
