// Sizes of images: one axis after the other, in the fixed-point arithmetic that Pillow has (Resample.c).
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "attn/image.hpp"
#include "core/cubic.hpp"
#include "core/held_memory.hpp"

namespace attn {
namespace {

constexpr int fraction_bits = 22;  // of a weight; a sum of 8-bit pixels then fits 32 bits

// The pixels that one pixel of the new size is made of.
struct Share {
  std::size_t first = 0;
  std::vector<std::int32_t> weights;
};

double sinc(double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }

// Half of the width in which a function is not 0, and the function.
double support_of(Resampling resampling) {
  switch (resampling) {
    case Resampling::lanczos: return 3;
    case Resampling::bicubic: return 2;
    case Resampling::box: return 0.5;
    default: return 1;
  }
}

double weight_of(Resampling resampling, double x) {
  const double t = std::abs(x);
  switch (resampling) {
    case Resampling::lanczos: return t < 3 ? sinc(x) * sinc(x / 3) : 0;
    case Resampling::bicubic: return cubic(x, -0.5);
    case Resampling::box: return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Resampling::hamming: return t >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * std::cos(std::numbers::pi * x));
    default: return t < 1 ? 1 - t : 0;
  }
}

std::vector<Share> shares(std::size_t from, std::size_t to, Resampling resampling) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), stretch = std::max(1.0, scale);
  const double support = support_of(resampling) * stretch, shrink = 1 / stretch;
  std::vector<Share> all(to);
  for (std::size_t x = 0; x < to; ++x) {
    const double center = (static_cast<double>(x) + 0.5) * scale;
    const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(center - support + 0.5)));
    const auto end = std::min(from, static_cast<std::size_t>(std::floor(center + support + 0.5)));
    std::vector<double> weights;
    double sum = 0;
    for (std::size_t i = first; i < end; ++i) {
      weights.push_back(weight_of(resampling, (static_cast<double>(i) - center + 0.5) * shrink));
      sum += weights.back();
    }
    all[x].first = first;
    for (const double weight : weights)
      all[x].weights.push_back(static_cast<std::int32_t>(std::lround(weight / sum * (1 << fraction_bits))));
  }
  return all;
}

std::uint8_t rounded(std::int32_t sum) { return static_cast<std::uint8_t>(std::clamp(sum >> fraction_bits, 0, 255)); }

constexpr std::int32_t half = 1 << (fraction_bits - 1);

// All black. Its memory is asked for under the limit; while it lives, its owner counts it.
Image image_of(std::size_t width, std::size_t height) {
  const HeldMemory held(3 * width * height);
  return {width, height, std::vector<std::uint8_t>(3 * width * height)};
}

Image with_width(const Image& image, std::size_t width, Resampling resampling) {
  const std::vector<Share> columns = shares(image.width, width, resampling);
  Image result = image_of(width, image.height);
  for (std::size_t y = 0; y < image.height; ++y)
    for (std::size_t x = 0; x < width; ++x)
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint8_t* from = image.rgb.data() + 3 * (y * image.width + columns[x].first) + c;
        std::int32_t sum = half;
        for (const std::int32_t weight : columns[x].weights) {
          sum += weight * *from;
          from += 3;
        }
        result.rgb[3 * (y * width + x) + c] = rounded(sum);
      }
  return result;
}

Image with_height(const Image& image, std::size_t height, Resampling resampling) {
  const std::vector<Share> rows = shares(image.height, height, resampling);
  const std::size_t row = 3 * image.width;
  Image result = image_of(image.width, height);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t i = 0; i < row; ++i) {
      const std::uint8_t* from = image.rgb.data() + row * rows[y].first + i;
      std::int32_t sum = half;
      for (const std::int32_t weight : rows[y].weights) {
        sum += weight * *from;
        from += row;
      }
      result.rgb[row * y + i] = rounded(sum);
    }
  return result;
}

// The pixel under the middle of each new one. The places are summed up, as Pillow does it: where one falls between two
// pixels, its rounding decides.
std::vector<std::size_t> nearest_places(std::size_t from, std::size_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  std::vector<std::size_t> places;
  double at = scale * 0.5;
  for (std::size_t i = 0; i < to; ++i, at += scale) places.push_back(std::min(from - 1, static_cast<std::size_t>(at)));
  return places;
}

Image nearest(const Image& image, std::size_t width, std::size_t height) {
  Image result = image_of(width, height);
  std::uint8_t* to = result.rgb.data();
  const std::vector<std::size_t> columns = nearest_places(image.width, width);
  for (const std::size_t row : nearest_places(image.height, height))
    for (const std::size_t column : columns) {
      const std::uint8_t* const from = image.rgb.data() + 3 * (row * image.width + column);
      to = std::copy_n(from, 3, to);
    }
  return result;
}

}  // namespace

Image resized(const Image& image, std::size_t width, std::size_t height, Resampling resampling) {
  if (resampling == Resampling::nearest) return nearest(image, width, height);
  // An axis that stays is not touched. Each pass rounds to 8 bits, so that their order shows in a step here and there:
  // Pillow 13 begins with the height where that loses more than twice as many pixels as the width.
  const auto loss = [](std::size_t from, std::size_t to) {
    return static_cast<std::ptrdiff_t>(from) - static_cast<std::ptrdiff_t>(to);
  };
  const bool height_first = height < image.height && loss(image.height, height) > 2 * loss(image.width, width);
  const auto stays = [&](bool is_height) { return is_height ? image.height == height : image.width == width; };
  const auto changed = [&](const Image& from, bool is_height) {
    return is_height ? with_height(from, height, resampling) : with_width(from, width, resampling);
  };
  if (stays(height_first) && stays(!height_first)) {
    const HeldMemory held(image.rgb.size());
    return image;
  }
  if (stays(height_first)) return changed(image, !height_first);
  if (stays(!height_first)) return changed(image, height_first);
  const Image between = changed(image, height_first);
  const HeldMemory held(between.rgb.size());
  return changed(between, !height_first);
}

Image center_cropped(const Image& image, std::size_t width, std::size_t height) {
  Image result = image_of(width, height);
  // Where the difference is odd, the side after the image has the greater part, as transformers has it.
  const auto offset = [](std::size_t whole, std::size_t part) {
    const auto difference = static_cast<std::ptrdiff_t>(whole) - static_cast<std::ptrdiff_t>(part);
    return difference >= 0 ? difference / 2 : -((-difference + 1) / 2);
  };
  const std::ptrdiff_t left = offset(image.width, width), top = offset(image.height, height);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      const std::ptrdiff_t from_x = left + static_cast<std::ptrdiff_t>(x),
                           from_y = top + static_cast<std::ptrdiff_t>(y);
      if (from_x < 0 || from_y < 0 || from_x >= static_cast<std::ptrdiff_t>(image.width) ||
          from_y >= static_cast<std::ptrdiff_t>(image.height))
        continue;
      const std::size_t from = static_cast<std::size_t>(from_y) * image.width + static_cast<std::size_t>(from_x);
      std::copy_n(image.rgb.begin() + static_cast<std::ptrdiff_t>(3 * from), 3,
                  result.rgb.begin() + static_cast<std::ptrdiff_t>(3 * (y * width + x)));
    }
  return result;
}

}  // namespace attn
