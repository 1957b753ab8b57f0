// Images by what they begin with.
#include "attn/image.hpp"

#include <utility>

#include "core/memory.hpp"
#include "core/option_name.hpp"
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

HeldMemory held_for_image(const std::string& where, std::size_t bytes) {
  if (bytes > memory_left())
    throw data_error(where, "takes " + size_text(bytes) + " as pixels, and " + size_text(memory_left()) +
                                " of the limit of " + size_text(memory_limit()) + " are left; " +
                                option_name("max_memory") + " sets the limit");
  return HeldMemory(bytes);
}

Image decode_image(std::string_view bytes, const std::string& where) {
  const bool is_png = bytes.starts_with("\x89PNG\r\n\x1A\n");
  if (!is_png && !bytes.starts_with("\xFF\xD8")) throw unreadable_image(where, "unknown image type");
  Image image = is_png ? decode_png(bytes, where) : decode_jpeg(bytes, where);
  const HeldMemory held(image.rgb.size());
  return oriented(std::move(image), exif_orientation(bytes));
}

}  // namespace attn
