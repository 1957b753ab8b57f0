// Bytes as a PNG or a JPEG, which is then resized.
#include "attn/image.hpp"

#include "fuzz/fuzz.hpp"

using namespace attn;
using namespace attn::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt([&] {
    const Image image = decode_image(text_of(data, size), "in.png");
    require(image.width > 0 && image.height > 0 && image.rgb.size() == 3 * image.width * image.height,
            "an image of another size than it says");
    if (image.rgb.size() > 100000) return;
    for (const Resampling resampling : {Resampling::nearest, Resampling::lanczos, Resampling::box}) {
      const Image other = resized(image, 7, 5, resampling);
      require(other.width == 7 && other.height == 5 && other.rgb.size() == 105, "a resized image of another size");
    }
    center_cropped(image, 9, 3);
  });
  return 0;
}
