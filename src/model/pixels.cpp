// The steps of a preprocessor, as the image processors of transformers do them with Pillow.
#include "model/pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/error.hpp"
#include "core/number.hpp"

namespace attn::model {
namespace {

using io::Config;

// What a processor does where its file does not say.
struct Processor {
  std::string_view name;  // the type without its ending
  std::int64_t resample;
  bool crops;
  bool number_is_shortest;  // a size that is a number is that of the shortest edge
};
constexpr std::array<Processor, 3> processors{
    {{"ViT", 2, false, false}, {"DeiT", 3, true, false}, {"Bit", 3, true, true}}};

Processor processor_of(const Config& config) {
  for (const char* const member : {"image_processor_type", "feature_extractor_type"})
    if (const std::optional<std::string> type = config.text(member))
      for (const Processor& row : processors)
        if (type->starts_with(row.name)) return row;
  return {"", -1, false, false};
}

std::size_t side(const Config& config, std::string_view name, std::optional<std::int64_t> value) {
  constexpr std::int64_t most = 1 << 14;
  if (!value) throw data_error(config.where(name), "is missing");
  if (*value < 1 || *value > most)
    throw data_error(config.where(name), std::to_string(*value) + " is no size of an image of 1 to 16384 pixels");
  return static_cast<std::size_t>(*value);
}

// {"height": H, "width": W}, or a number that is both.
std::pair<std::size_t, std::size_t> width_and_height(const Config& config, std::string_view name) {
  const std::optional<Config> sizes = config.is_object(name) ? config.object(name) : std::nullopt;
  if (!sizes) {
    const std::size_t both = side(config, name, config.integer(name));
    return {both, both};
  }
  return {side(*sizes, "width", sizes->integer("width")), side(*sizes, "height", sizes->integer("height"))};
}

Image resized_as(const Image& image, const Config& config, const Processor& processor) {
  const std::int64_t number = config.integer("resample").value_or(processor.resample);
  if (number < 0 || number > 5)
    throw data_error(config.where("resample"),
                     config.has("resample") ? std::to_string(number) + " is none of 0 to 5" : "is missing");
  const auto resampling = static_cast<Resampling>(number);
  const std::optional<Config> sizes = config.is_object("size") ? config.object("size") : std::nullopt;
  if (sizes ? !sizes->has("shortest_edge") : !processor.number_is_shortest) {
    const auto [width, height] = width_and_height(config, "size");
    return resized(image, width, height, resampling);
  }
  const std::size_t shortest = sizes ? side(*sizes, "shortest_edge", sizes->integer("shortest_edge"))
                                     : side(config, "size", config.integer("size"));
  const auto scaled = [&](std::size_t longer, std::size_t shorter) {
    return static_cast<std::size_t>(static_cast<double>(shortest * longer) / static_cast<double>(shorter));
  };
  return image.width <= image.height ? resized(image, shortest, scaled(image.height, image.width), resampling)
                                     : resized(image, scaled(image.width, image.height), shortest, resampling);
}

std::array<double, 3> by_channel(const Config& config, std::string_view name) {
  const std::optional<std::vector<double>> numbers = config.numbers(name);
  if (!numbers || numbers->size() != 3)
    throw data_error(config.where(name),
                     numbers ? "has " + std::to_string(numbers->size()) + " numbers; 3 are expected" : "is missing");
  return {(*numbers)[0], (*numbers)[1], (*numbers)[2]};
}

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

Tensor pixels_of(const Image& image, const Config& config, DType dtype) {
  const Processor processor = processor_of(config);
  Image shown = config.truth("do_resize").value_or(true) ? resized_as(image, config, processor) : image;
  if (config.truth("do_center_crop").value_or(processor.crops)) {
    const auto [width, height] = width_and_height(config, "crop_size");
    shown = center_cropped(shown, width, height);
  }
  const double factor =
      config.truth("do_rescale").value_or(true) ? config.number("rescale_factor").value_or(1.0 / 255) : 1;
  std::array<double, 3> mean{}, deviation{1, 1, 1};
  if (config.truth("do_normalize").value_or(true)) {
    mean = by_channel(config, "image_mean");
    deviation = by_channel(config, "image_std");
    for (const double number : deviation)
      if (!(number > 0)) throw data_error(config.where("image_std"), shortest(number) + " is not more than 0");
  }
  return dtype == DType::f64 ? scaled<double>(shown, factor, mean, deviation)
                             : scaled<float>(shown, factor, mean, deviation);
}

}  // namespace attn::model
