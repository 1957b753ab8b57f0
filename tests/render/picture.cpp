// Makes matrices for tests and decodes their pictures.
#include "picture.hpp"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <stb_image.h>

#include <memory>

#include "render/compose.hpp"

namespace attn::test {

Tensor matrix(std::size_t rows, std::size_t columns, const std::vector<float>& values) {
  return Tensor::of<float>({rows, columns}, values);
}

Tensor varied(std::size_t rows, std::size_t columns) {
  Tensor tensor(DType::f32, {rows, columns});
  const auto values = tensor.values<float>();
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k * 37 % 101) / 100;
  return tensor;
}

Heatmap heatmap_of(Tensor values) {
  Heatmap heatmap;
  heatmap.panels.push_back({std::move(values), "", {}, {}});
  return heatmap;
}

Scene scene_of(const Heatmap& heatmap) { return compose(heatmap, Font::built_in()); }

Box cells_of(const Heatmap& heatmap) { return shapes_of<Cells>(scene_of(heatmap)).front().box; }

std::string render_png(const Heatmap& heatmap) { return render_picture(heatmap, *picture_format_of_name("png")); }

Rgb Decoded::at(double x, double y) const {
  const std::size_t index = 3 * (static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x));
  return {rgb.at(index), rgb.at(index + 1), rgb.at(index + 2)};
}

std::size_t Decoded::ink(const Box& box, Rgb background) const {
  std::size_t count = 0;
  for (double y = std::max(box.y, 0.0); y < std::min(box.bottom(), static_cast<double>(height)); ++y)
    for (double x = std::max(box.x, 0.0); x < std::min(box.right(), static_cast<double>(width)); ++x)
      if (!(at(x, y) == background)) ++count;
  return count;
}

Decoded decode_png(const std::string& bytes) {
  int width = 0;
  int height = 0;
  int channels = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::unique_ptr<unsigned char, void (*)(void*)> pixels(
      stbi_load_from_memory(data, static_cast<int>(bytes.size()), &width, &height, &channels, 3), stbi_image_free);
  REQUIRE(pixels);
  REQUIRE(channels == 3);
  Decoded decoded{static_cast<std::size_t>(width), static_cast<std::size_t>(height), {}};
  decoded.rgb.assign(pixels.get(), pixels.get() + 3 * decoded.width * decoded.height);
  return decoded;
}

}  // namespace attn::test
