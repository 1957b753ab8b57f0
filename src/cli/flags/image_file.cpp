// Reads images, and counts what they take.
#include "cli/flags/image_file.hpp"

#include <utility>

#include "attn/file_bytes.hpp"
#include "core/held_memory.hpp"

namespace attn::cli {
namespace {

struct HeldImage {
  explicit HeldImage(Image read) : image(std::move(read)), held(image.rgb.size()) {}
  Image image;
  HeldMemory held;
};

}  // namespace

std::shared_ptr<const Image> read_image(const std::string& path) {
  const FileBytes file = FileBytes::open(path);
  // Pages that a decoder has passed stay in memory.
  const HeldMemory held(file.bytes().size());
  const auto read = std::make_shared<const HeldImage>(decode_image(file.bytes(), path));
  return {read, &read->image};
}

}  // namespace attn::cli
