// compare_pictures A.png B.png: prints how far two PNG files of one size are apart, as
//   size 640x480 mean 0.25 off 0.0012 cells 0
// mean: absolute difference of 8-bit channels; off: the share of pixels with a channel more than 64 apart; cells: how
// many pixels differ at all among those that have a colour in A, which in a heatmap are the cells: all else is grey.
// Exit code 1 if a file is no PNG, or the sizes differ.
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#include <stb_image.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

namespace {

struct Picture {
  int width = 0;
  int height = 0;
  std::unique_ptr<unsigned char, void (*)(void*)> rgb{nullptr, stbi_image_free};
};

Picture load(const char* path) {
  Picture picture;
  int channels = 0;
  picture.rgb.reset(stbi_load(path, &picture.width, &picture.height, &channels, 3));
  return picture;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const Picture a = load(arguments[1]), b = load(arguments[2]);
  if (!a.rgb || !b.rgb || a.width != b.width || a.height != b.height) {
    std::printf("no two pictures of one size: %dx%d, %dx%d\n", a.width, a.height, b.width, b.height);
    return 1;
  }
  const long pixels = long{a.width} * a.height;
  long sum = 0, off = 0, cells = 0;
  for (long k = 0; k < pixels; ++k) {
    std::array<int, 3> channels{};
    int farthest = 0;
    for (long c = 0; c < 3; ++c) {
      channels[static_cast<std::size_t>(c)] = a.rgb.get()[3 * k + c];
      const int difference = std::abs(a.rgb.get()[3 * k + c] - b.rgb.get()[3 * k + c]);
      sum += difference;
      farthest = std::max(farthest, difference);
    }
    const auto [least, greatest] = std::minmax_element(channels.begin(), channels.end());
    constexpr int clearly_colored = 16, clearly_off = 64;
    if (farthest > clearly_off) ++off;
    if (farthest > 0 && *greatest - *least > clearly_colored) ++cells;
  }
  std::printf("size %dx%d mean %.4f off %.5f cells %ld\n", a.width, a.height,
              static_cast<double>(sum) / 3 / static_cast<double>(pixels),
              static_cast<double>(off) / static_cast<double>(pixels), cells);
  return 0;
}
