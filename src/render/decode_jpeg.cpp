// JPEG by libjpeg, with its defaults, which are those of Pillow: pixels are the same to the bit.
// Each of these reads what those before it define.
// clang-format off
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <array>
#include <csetjmp>
#include <cstdint>
#include <new>
#include <vector>

#include "render/image_decoders.hpp"

namespace attn {
namespace {

// libjpeg is left by longjmp where it fails, out of functions that have nothing to destroy.
struct JpegReader {
  jpeg_decompress_struct info{};
  jpeg_error_mgr handlers{};
  std::jmp_buf way_out{};
  std::array<char, JMSG_LENGTH_MAX> reason{};

  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info); }
};

void leave_jpeg(j_common_ptr common) {
  auto& reader = *static_cast<JpegReader*>(common->client_data);
  common->err->format_message(common, reader.reason.data());
  std::longjmp(reader.way_out, 1);
}

// libjpeg invents pixels where data is missing or damaged, and warns; other warnings cost none.
void judge_jpeg_message(j_common_ptr common, int level) {
  if (level >= 0) return;  // what it tells of its work
  switch (common->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC: leave_jpeg(common); break;
    default: break;
  }
}

bool read_jpeg_header(JpegReader& reader, std::string_view bytes) {
  if (setjmp(reader.way_out) != 0) return false;
  jpeg_create_decompress(&reader.info);
  jpeg_mem_src(&reader.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&reader.info, TRUE);
  return true;
}

// What libjpeg takes for the whole image: where it comes in several passes, the coefficients of all its blocks.
std::size_t bytes_of_passes(JpegReader& reader) {
  if (jpeg_has_multiple_scans(&reader.info) == FALSE) return 0;
  std::size_t blocks = 0;
  for (int c = 0; c < reader.info.num_components; ++c) {
    const jpeg_component_info& component = reader.info.comp_info[c];
    blocks += std::size_t{component.width_in_blocks} * component.height_in_blocks;
  }
  return blocks * sizeof(JBLOCK);
}

// Four colours for print, stored inverted as Adobe does, in Pillow's arithmetic of 8 bits.
void from_cmyk(const std::uint8_t* cmyk, std::size_t count, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned white = cmyk[4 * i + 3], product = (255U - cmyk[4 * i + c]) * white + 128;
      rgb[3 * i + c] = static_cast<std::uint8_t>(white - ((product >> 8) + product) / 256);
    }
}

// `print` has room for a row of four colours, or is null where there are others.
bool read_jpeg_pixels(JpegReader& reader, std::uint8_t* rgb, std::uint8_t* print) {
  if (setjmp(reader.way_out) != 0) return false;
  reader.info.out_color_space = print == nullptr ? JCS_RGB : JCS_CMYK;
  jpeg_start_decompress(&reader.info);
  const std::size_t width = reader.info.output_width;
  while (reader.info.output_scanline < reader.info.output_height) {
    JSAMPROW to = rgb + 3 * width * reader.info.output_scanline;
    JSAMPROW row = print == nullptr ? to : print;
    jpeg_read_scanlines(&reader.info, &row, 1);
    if (print != nullptr) from_cmyk(print, width, to);
  }
  return true;
}

}  // namespace

Image decode_jpeg(std::string_view bytes, const std::string& where) {
  JpegReader reader;
  reader.info.err = jpeg_std_error(&reader.handlers);
  reader.info.client_data = &reader;
  reader.handlers.error_exit = leave_jpeg;
  reader.handlers.emit_message = judge_jpeg_message;
  const auto refused = [&] {
    if (reader.handlers.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    return unreadable_image(where, reader.reason.data());
  };
  if (!read_jpeg_header(reader, bytes)) throw refused();
  Image image{reader.info.image_width, reader.info.image_height, {}};
  check_pixel_count(where, image.width, image.height);
  const HeldMemory held = held_for_image(where, 3 * image.width * image.height + bytes_of_passes(reader));
  image.rgb.resize(3 * image.width * image.height);
  const bool is_for_print = reader.info.jpeg_color_space == JCS_CMYK || reader.info.jpeg_color_space == JCS_YCCK;
  std::vector<std::uint8_t> print(is_for_print ? 4 * image.width : 0);
  if (!read_jpeg_pixels(reader, image.rgb.data(), is_for_print ? print.data() : nullptr)) throw refused();
  return image;
}

}  // namespace attn
