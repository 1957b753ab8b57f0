// Decodes with stb_image; resizes one axis after the other.
#include "attn/image.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "attn/error.hpp"
#include "render/exif.hpp"

#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#ifndef __clang_analyzer__  // it finds a leak in stb's own code, where memory runs out
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#endif
#include <stb_image.h>

namespace attn {
namespace {

constexpr std::size_t most_pixels = 100'000'000;

// The pixels that one pixel of the new size is made of.
struct Share {
  std::size_t first = 0;
  std::vector<float> weights;
};

std::vector<Share> shares(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(1.0, scale);
  std::vector<Share> all(to);
  for (std::size_t x = 0; x < to; ++x) {
    const double center = (static_cast<double>(x) + 0.5) * scale;
    const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(center - support + 0.5)));
    const auto end = std::min(from, static_cast<std::size_t>(std::floor(center + support + 0.5)));
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t i = first; i < end; ++i) {
      weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(i) + 0.5 - center) / support));
      sum += weights.back();
    }
    all[x].first = first;
    for (const double weight : weights) all[x].weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

}  // namespace

Image decode_image(std::string_view bytes, const std::string& where) {
  const auto* const data = reinterpret_cast<const stbi_uc*>(bytes.data());
  const auto refuse = [&where](const std::string& reason) {
    return data_error(where, "is no PNG or JPEG that can be read: " + reason);
  };
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) throw refuse("it is too large");
  const int size = static_cast<int>(bytes.size());
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(data, size, &width, &height, &channels) == 0) throw refuse(stbi_failure_reason());
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  if (count > most_pixels)
    throw refuse(std::to_string(width) + " x " + std::to_string(height) + " pixels are more than 100 million");
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load_from_memory(data, size, &width, &height, &channels, 4), stbi_image_free);
  if (!pixels) throw refuse(stbi_failure_reason());
  Image image{static_cast<std::size_t>(width), static_cast<std::size_t>(height), {}};
  image.rgb.resize(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned alpha = pixels.get()[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c)
      image.rgb[3 * i + c] =
          static_cast<std::uint8_t>((pixels.get()[4 * i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return oriented(std::move(image), exif_orientation(bytes));
}

Image resized(const Image& image, std::size_t width, std::size_t height) {
  const std::vector<Share> columns = shares(image.width, width), rows = shares(image.height, height);
  std::vector<float> narrowed(3 * width * image.height);
  for (std::size_t y = 0; y < image.height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      float* const to = narrowed.data() + 3 * (y * width + x);
      const std::uint8_t* from = image.rgb.data() + 3 * (y * image.width + columns[x].first);
      for (const float weight : columns[x].weights) {
        for (std::size_t c = 0; c < 3; ++c) to[c] += weight * static_cast<float>(from[c]);
        from += 3;
      }
    }
  Image result{width, height, std::vector<std::uint8_t>(3 * width * height)};
  std::vector<float> row(3 * width);
  for (std::size_t y = 0; y < height; ++y) {
    std::fill(row.begin(), row.end(), 0.0F);
    const float* from = narrowed.data() + 3 * width * rows[y].first;
    for (const float weight : rows[y].weights)
      for (float& sum : row) sum += weight * *from++;
    std::transform(row.begin(), row.end(), result.rgb.data() + 3 * width * y,
                   [](float value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F))); });
  }
  return result;
}

}  // namespace attn
