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

// Palettes stay indices, a byte each; all else becomes RGBA of 8 bits. Takes memory for two rows.
bool prepare_png_rows(PngReader& reader, bool has_palette) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  if (has_palette) {
    png_set_packing(reader.png);
  } else {
    png_set_expand(reader.png);  // fewer bits than 8, and a colour that is transparent
    png_set_strip_16(reader.png);
    png_set_gray_to_rgb(reader.png);
    png_set_add_alpha(reader.png, 255, PNG_FILLER_AFTER);
  }
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

// A row of one pass, which adds its pixels to those of earlier ones.
bool read_png_row(PngReader& reader, png_bytep row) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_read_row(reader.png, row, nullptr);
  return true;
}

bool read_png_end(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
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
  const auto refused = [&] { return unreadable_image(where, reader.reason.data()); };
  Image image;
  if (!read_png_header(reader, image.width, image.height)) throw refused();
  check_pixel_count(where, image.width, image.height);
  const bool has_palette = png_get_color_type(reader.png, reader.info) == PNG_COLOR_TYPE_PALETTE;
  const int passes =
      png_get_interlace_type(reader.png, reader.info) == PNG_INTERLACE_NONE ? 1 : PNG_INTERLACE_ADAM7_PASSES;
  // Rows that come in one pass are read one by one. Of libpng's own two, pixels may have 8 bytes.
  const std::size_t row_bytes = (has_palette ? 1 : rgba) * image.width, held_rows = passes == 1 ? 1 : image.height;
  const HeldMemory held =
      held_for_image(where, row_bytes * held_rows + 3 * image.width * image.height + 2 * 8 * image.width);
  if (!prepare_png_rows(reader, has_palette)) throw refused();
  std::vector<std::uint8_t> rows(row_bytes * held_rows);
  image.rgb.resize(3 * image.width * image.height);
  const std::vector<std::uint8_t> palette = has_palette ? palette_of(reader) : std::vector<std::uint8_t>();
  const auto put_row = [&](const std::uint8_t* row, std::uint8_t* rgb) {
    for (std::size_t x = 0; x < image.width; ++x) {
      if (has_palette && rgba * row[x] >= palette.size())
        throw unreadable_image(where, "it has the colour " + std::to_string(row[x]) +
                                          ", counted from 0, of a palette of " + std::to_string(palette.size() / rgba));
      put_on_white(has_palette ? &palette[rgba * row[x]] : &row[rgba * x], &rgb[3 * x]);
    }
  };
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t y = 0; y < image.height; ++y) {
      std::uint8_t* const row = &rows[row_bytes * (y % held_rows)];
      if (!read_png_row(reader, row)) throw refused();
      if (pass + 1 == passes) put_row(row, &image.rgb[3 * image.width * y]);
    }
  if (!read_png_end(reader)) throw refused();
  return image;
}

}  // namespace attn
