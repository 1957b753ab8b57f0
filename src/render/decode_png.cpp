// PNG by libpng, which checks the sums over all chunks.
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <vector>

#include "render/image_decoders.hpp"

namespace attn {
namespace {

constexpr std::size_t rgba = 4;

// libpng is left by longjmp where it fails, out of functions that have nothing to destroy.
struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view left;
  std::array<char, 128> reason{};

  PngReader() = default;
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void leave_png(png_structp png, png_const_charp reason) {
  auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(reader.reason.data(), reason, reader.reason.size() - 1);
  png_longjmp(png, 1);
}

// libpng goes on without what is damaged and not needed. What is transparent changes pixels.
void judge_png_warning(png_structp png, png_const_charp warning) {
  if (std::string_view(warning).starts_with("tRNS")) leave_png(png, warning);
}

void take_bytes(png_structp png, png_bytep to, std::size_t count) {
  auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (count > reader.left.size()) png_error(png, "it is cut off");
  std::memcpy(to, reader.left.data(), count);
  reader.left.remove_prefix(count);
}

bool read_png_header(PngReader& reader, std::size_t& width, std::size_t& height) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_read_fn(reader.png, &reader, take_bytes);
  png_set_crc_action(reader.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Of texts, profiles and the like there is no need.
  png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(reader.png, reader.info);
  width = png_get_image_width(reader.png, reader.info);
  height = png_get_image_height(reader.png, reader.info);
  return true;
}

// Palettes stay indices, a byte each; all else becomes RGBA of 8 bits. Takes memory for some rows.
bool prepare_png_rows(PngReader& reader, std::size_t& channels) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  if (png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(reader.png);
    channels = 1;
  } else {
    png_set_expand(reader.png);  // fewer bits than 8, and a colour that is transparent
    png_set_strip_16(reader.png);
    png_set_gray_to_rgb(reader.png);
    png_set_add_alpha(reader.png, 255, PNG_FILLER_AFTER);
    channels = rgba;
  }
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

bool read_png_pixels(PngReader& reader, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_image(reader.png, rows);
  png_read_end(reader.png, nullptr);
  return true;
}

// RGBA of each colour.
std::vector<std::uint8_t> palette_of(const PngReader& reader) {
  png_colorp colors = nullptr;
  png_bytep alphas = nullptr;
  int count = 0, transparent = 0;
  png_get_PLTE(reader.png, reader.info, &colors, &count);
  png_get_tRNS(reader.png, reader.info, &alphas, &transparent, nullptr);
  std::vector<std::uint8_t> palette;
  for (int i = 0; i < count; ++i)
    palette.insert(palette.end(),
                   {colors[i].red, colors[i].green, colors[i].blue, i < transparent ? alphas[i] : std::uint8_t{255}});
  return palette;
}

void put_on_white(const std::uint8_t* color, std::uint8_t* rgb) {
  const unsigned alpha = color[3];
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = static_cast<std::uint8_t>((color[c] * alpha + 255 * (255 - alpha) + 127) / 255);
}

}  // namespace

Image decode_png(std::string_view bytes, const std::string& where) {
  PngReader reader;
  reader.left = bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, leave_png, judge_png_warning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) throw std::bad_alloc();
  Image image;
  std::size_t channels = 0;
  if (!read_png_header(reader, image.width, image.height)) throw unreadable_image(where, reader.reason.data());
  check_pixel_count(where, image.width, image.height);
  if (!prepare_png_rows(reader, channels)) throw unreadable_image(where, reader.reason.data());
  const std::size_t count = image.width * image.height;
  std::vector<std::uint8_t> pixels(channels * count);
  std::vector<png_bytep> rows(image.height);
  for (std::size_t y = 0; y < image.height; ++y) rows[y] = pixels.data() + channels * image.width * y;
  if (!read_png_pixels(reader, rows.data())) throw unreadable_image(where, reader.reason.data());
  image.rgb.resize(3 * count);
  const std::vector<std::uint8_t> palette = channels == 1 ? palette_of(reader) : std::vector<std::uint8_t>();
  for (std::size_t i = 0; i < count; ++i) {
    if (channels == 1 && rgba * pixels[i] >= palette.size())
      throw unreadable_image(where, "it has the colour " + std::to_string(pixels[i]) +
                                        ", counted from 0, of a palette of " + std::to_string(palette.size() / rgba));
    put_on_white(channels == 1 ? &palette[rgba * pixels[i]] : &pixels[rgba * i], &image.rgb[3 * i]);
  }
  return image;
}

}  // namespace attn
