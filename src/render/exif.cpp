// Walks a JPEG's segments or a PNG's chunks to the Exif data, and its first directory to the orientation; nothing is
// read past an end.
#include "render/exif.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "core/held_memory.hpp"

namespace attn {
namespace {

using namespace std::string_view_literals;

constexpr char marker = '\xFF', start_of_scan = '\xDA', app1 = '\xE1';
constexpr std::string_view start_of_image = "\xFF\xD8", exif = "Exif\0\0"sv, png_signature = "\x89PNG\r\n\x1A\n";
constexpr std::uint16_t orientation_tag = 0x0112, short_type = 3, greatest_orientation = 8;

// Bytes with numbers of one byte order.
class Numbers {
 public:
  Numbers(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  // Of `size` bytes; nothing if they are not there.
  std::optional<std::uint32_t> at(std::size_t place, std::size_t size) const {
    if (place > bytes_.size() || size > bytes_.size() - place) return std::nullopt;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t from = big_endian_ ? place + i : place + size - 1 - i;
      number = number << 8 | static_cast<unsigned char>(bytes_[from]);
    }
    return number;
  }

 private:
  std::string_view bytes_;
  bool big_endian_;
};

// The Exif data of a JPEG, from the byte order on; empty if there is none before the pixels.
std::string_view exif_of_jpeg(std::string_view jpeg) {
  const Numbers numbers(jpeg, true);
  for (std::size_t at = start_of_image.size();;) {
    if (at + 1 >= jpeg.size() || jpeg[at] != marker) return {};
    const char kind = jpeg[at + 1];
    if (kind == marker) {  // filled up
      ++at;
      continue;
    }
    const std::optional<std::uint32_t> length = numbers.at(at + 2, 2);
    if (kind == start_of_scan || !length || *length < 2 || *length > jpeg.size() - at - 2) return {};
    const std::string_view body = jpeg.substr(at + 4, *length - 2);
    if (kind == app1 && body.starts_with(exif)) return body.substr(exif.size());
    at += 2 + *length;
  }
}

// The same of a PNG, which may have it anywhere.
std::string_view exif_of_png(std::string_view png) {
  constexpr std::size_t type_size = 4, around = 12;  // length, type and sum
  const Numbers numbers(png, true);
  for (std::size_t at = png_signature.size();;) {
    const std::optional<std::uint32_t> length = numbers.at(at, 4);
    if (!length || png.size() - at < around || *length > png.size() - at - around) return {};
    std::string_view body = png.substr(at + 4 + type_size, *length);
    if (png.substr(at + 4, type_size) == "eXIf") {
      if (body.starts_with(exif)) body.remove_prefix(exif.size());  // as some programs have it
      return body;
    }
    at += around + *length;
  }
}

std::string_view exif_data(std::string_view bytes) {
  if (bytes.starts_with(png_signature)) return exif_of_png(bytes);
  return bytes.starts_with(start_of_image) ? exif_of_jpeg(bytes) : std::string_view();
}

}  // namespace

std::uint16_t exif_orientation(std::string_view bytes) {
  constexpr std::uint16_t as_it_is = 1;
  const std::string_view data = exif_data(bytes);
  if (!data.starts_with("II*\0"sv) && !data.starts_with("MM\0*"sv)) return as_it_is;
  const Numbers numbers(data, data.front() == 'M');
  const std::optional<std::uint32_t> directory = numbers.at(4, 4);
  if (!directory) return as_it_is;
  const std::uint32_t entries = numbers.at(*directory, 2).value_or(0);
  constexpr std::size_t entry_size = 12;
  for (std::size_t entry = 0; entry < entries; ++entry) {
    const std::size_t at = *directory + 2 + entry * entry_size;
    if (!numbers.at(at, 4)) return as_it_is;
    if (numbers.at(at, 2) != orientation_tag) continue;
    if (numbers.at(at + 2, 2) != short_type || numbers.at(at + 4, 4) != 1U) return as_it_is;
    const std::uint32_t value = numbers.at(at + 8, 2).value_or(as_it_is);
    return value >= 1 && value <= greatest_orientation ? static_cast<std::uint16_t>(value) : as_it_is;
  }
  return as_it_is;
}

Image oriented(Image image, std::uint16_t orientation) {
  if (orientation < 2 || orientation > greatest_orientation) return image;
  const bool turned = orientation > 4;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image result{turned ? image.height : image.width, turned ? image.width : image.height, {}};
  const HeldMemory held(image.rgb.size());
  result.rgb.reserve(image.rgb.size());
  for (std::size_t y = 0; y < result.height; ++y)
    for (std::size_t x = 0; x < result.width; ++x) {
      std::size_t column = turned ? y : x, row = turned ? x : y;
      if (from_right) column = image.width - 1 - column;
      if (from_below) row = image.height - 1 - row;
      const auto from = image.rgb.begin() + static_cast<std::ptrdiff_t>(3 * (row * image.width + column));
      result.rgb.insert(result.rgb.end(), from, from + 3);
    }
  return result;
}

}  // namespace attn
