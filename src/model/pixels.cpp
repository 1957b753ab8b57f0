// The steps of a preprocessor, as the image processors of transformers do them with Pillow.
#include "model/pixels.hpp"

#include <array>

#include "core/held_memory.hpp"
#include "model/preprocessor.hpp"

namespace attn::model {
namespace {

// (x·factor − mean) / deviation, each step rounded to the type.
template <class T>
Tensor scaled(const Image& image, double factor, const std::array<double, 3>& mean,
              const std::array<double, 3>& deviation) {
  Tensor pixels(dtype_of<T>, {1, 3, image.height, image.width});
  const std::size_t count = image.width * image.height;
  const auto to = pixels.values<T>();
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t i = 0; i < count; ++i) {
      const T value = static_cast<T>(factor * image.rgb[3 * i + c]);
      to[c * count + i] = (value - static_cast<T>(mean[c])) / static_cast<T>(deviation[c]);
    }
  return pixels;
}

}  // namespace

Tensor pixels_of(const Image& image, const io::Config& config, std::string_view usual, DType dtype) {
  const Preprocessor steps = read_preprocessor(config, usual, {image.width, image.height});
  const Image* shown = &image;
  Image sized, cropped;
  if (steps.size) shown = &(sized = resized(*shown, steps.size->width, steps.size->height, steps.resampling));
  const HeldMemory held_sized(sized.rgb.size());
  if (steps.crop) shown = &(cropped = center_cropped(*shown, steps.crop->width, steps.crop->height));
  const HeldMemory held_cropped(cropped.rgb.size());
  return dtype == DType::f64 ? scaled<double>(*shown, steps.factor, steps.mean, steps.deviation)
                             : scaled<float>(*shown, steps.factor, steps.mean, steps.deviation);
}

}  // namespace attn::model
