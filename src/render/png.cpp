// PNG (https://www.w3.org/TR/png): chunks about one stream of rows, compressed by libdeflate.
#include "render/png.hpp"

#include <libdeflate.h>

#include <cmath>
#include <memory>
#include <new>
#include <string_view>
#include <unordered_map>

#include "render/picture_formats.hpp"

namespace attn {
namespace {

constexpr std::string_view signature = "\x89PNG\r\n\x1a\n";
enum class ColorType : char { rgb = 2, palette = 3 };

void append_big_endian(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

void append_chunk(std::string& bytes, std::string_view type, std::string_view body) {
  append_big_endian(bytes, static_cast<std::uint32_t>(body.size()));
  const std::size_t checked = bytes.size();
  bytes += type;
  bytes += body;
  append_big_endian(bytes, libdeflate_crc32(0, bytes.data() + checked, bytes.size() - checked));
}

std::string header_of(const Pixels& pixels, ColorType type) {
  std::string body;
  append_big_endian(body, static_cast<std::uint32_t>(pixels.width));
  append_big_endian(body, static_cast<std::uint32_t>(pixels.height));
  body += '\x8';  // bits
  body += static_cast<char>(type);
  return body.append(3, '\0');  // the one compression, the one set of filters, not interlaced
}

// Pixels per metre (11.3.5.3).
std::string resolution_of(double dpi) {
  const auto per_metre = static_cast<std::uint32_t>(std::lround(dpi / 0.0254));
  std::string body;
  append_big_endian(body, per_metre);
  append_big_endian(body, per_metre);
  return body += '\1';
}

// Rows of so many bytes, each with filter 0, none: equal rows are found by the compressor, and noise packs better.
std::string compressed(const std::uint8_t* bytes, std::size_t row, std::size_t rows) {
  std::string filtered;
  filtered.reserve((row + 1) * rows);
  const std::string_view all(reinterpret_cast<const char*>(bytes), row * rows);
  for (std::size_t i = 0; i < rows; ++i) {
    filtered += '\0';
    filtered += all.substr(i * row, row);
  }
  constexpr int level = 6;
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(level), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  std::string packed(libdeflate_zlib_compress_bound(compressor.get(), filtered.size()), '\0');
  packed.resize(
      libdeflate_zlib_compress(compressor.get(), filtered.data(), filtered.size(), packed.data(), packed.size()));
  return packed;
}

// Each pixel's place in a list of their colours; nothing if there are too many for a palette.
struct Indexed {
  std::string palette;  // three bytes a colour
  std::vector<std::uint8_t> indices;
};

std::optional<Indexed> indexed(const Pixels& pixels) {
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

std::string png_of(const Pixels& pixels, std::optional<double> dpi) {
  std::string bytes(signature);
  append_chunk(bytes, "IHDR", header_of(pixels, ColorType::rgb));
  if (dpi) append_chunk(bytes, "pHYs", resolution_of(*dpi));
  append_chunk(bytes, "IDAT", compressed(pixels.rgb.data(), 3 * pixels.width, pixels.height));
  append_chunk(bytes, "IEND", "");
  return bytes;
}

std::string png_with_palette(const Pixels& pixels) {
  const std::optional<Indexed> small = indexed(pixels);
  if (!small) return png_of(pixels);
  std::string bytes(signature);
  append_chunk(bytes, "IHDR", header_of(pixels, ColorType::palette));
  append_chunk(bytes, "PLTE", small->palette);
  append_chunk(bytes, "IDAT", compressed(small->indices.data(), pixels.width, pixels.height));
  append_chunk(bytes, "IEND", "");
  return bytes;
}

std::string encode_png(const Scene& scene, const Font& font) { return png_of(rasterize(scene, font), scene.dpi); }

}  // namespace attn
