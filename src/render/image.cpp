// Images by what they begin with.
#include "attn/image.hpp"

#include "render/exif.hpp"
#include "render/image_decoders.hpp"

namespace attn {

Error unreadable_image(const std::string& where, const std::string& reason) {
  return data_error(where, "is no PNG or JPEG that can be read: " + reason);
}

void check_pixel_count(const std::string& where, std::size_t width, std::size_t height) {
  constexpr std::size_t most_pixels = 100'000'000;
  if (height > 0 && width > most_pixels / height)
    throw unreadable_image(
        where, std::to_string(width) + " x " + std::to_string(height) + " pixels are more than 100 million");
}

Image decode_image(std::string_view bytes, const std::string& where) {
  const bool is_png = bytes.starts_with("\x89PNG\r\n\x1A\n");
  if (!is_png && !bytes.starts_with("\xFF\xD8")) throw unreadable_image(where, "unknown image type");
  return oriented(is_png ? decode_png(bytes, where) : decode_jpeg(bytes, where), exif_orientation(bytes));
}

}  // namespace attn
