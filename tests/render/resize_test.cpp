// Sizes of images: every filter to the bit as Pillow has it.
#include <fstream>

#include "attn/image.hpp"
#include "support/catch.hpp"
#include "support/json.hpp"
#include "support/noise_image.hpp"

using namespace attn;
using namespace attn::test;

TEST_CASE("images are resized to the bit as Pillow's filters do it", "[image]") {
  const Image image = noise_image(16, 12, 1);
  const auto golden = nlohmann::json::parse(std::ifstream(ATTN_TEST_DATA "/render/sizes.json"));
  constexpr std::pair<const char*, Resampling> filters[] = {
      {"nearest", Resampling::nearest}, {"lanczos", Resampling::lanczos}, {"bilinear", Resampling::bilinear},
      {"bicubic", Resampling::bicubic}, {"box", Resampling::box},         {"hamming", Resampling::hamming}};
  for (const auto& [name, filter] : filters)
    for (const auto& [width, height] : {std::pair{21, 17}, {7, 5}, {16, 5}, {15, 3}}) {
      INFO(name << " " << width << " x " << height);
      const Image made = resized(image, static_cast<std::size_t>(width), static_cast<std::size_t>(height), filter);
      const auto& expected = golden[name][std::to_string(width) + "x" + std::to_string(height)];
      CHECK(made.rgb == expected.get<std::vector<std::uint8_t>>());
    }
}

TEST_CASE("the middle of an image is cut out, and what is past its edges is black", "[image]") {
  const Image image = noise_image(4, 3, 1);
  const Image middle = center_cropped(image, 2, 1);
  CHECK(middle.rgb == std::vector<std::uint8_t>(image.rgb.begin() + 15, image.rgb.begin() + 21));
  const Image wider = center_cropped(image, 7, 3);
  CHECK(std::vector<std::uint8_t>(wider.rgb.begin(), wider.rgb.begin() + 6) == std::vector<std::uint8_t>(6));
  CHECK(std::equal(image.rgb.begin(), image.rgb.begin() + 12, wider.rgb.begin() + 6));
}
