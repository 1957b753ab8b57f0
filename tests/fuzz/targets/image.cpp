// Bytes as a PNG or a JPEG, which is then resized.
#include "attn/image.hpp"

#include "fuzz/fuzz.hpp"
#include "support/png_sums.hpp"

using namespace attn;
using namespace attn::fuzz;

namespace {

void read(const std::string& bytes) {
  attempt([&] {
    const Image image = decode_image(bytes, "in.png");
    require(image.width > 0 && image.height > 0 && image.rgb.size() == 3 * image.width * image.height,
            "an image of another size than it says");
    if (image.rgb.size() > 100000) return;
    for (const Resampling resampling : {Resampling::nearest, Resampling::lanczos, Resampling::box}) {
      const Image other = resized(image, 7, 5, resampling);
      require(other.width == 7 && other.height == 5 && other.rgb.size() == 105, "a resized image of another size");
    }
    center_cropped(image, 9, 3);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = text_of(data, size);
  read(bytes);
  // Else a PNG's sums would keep all that is changed from what is behind them.
  if (bytes.starts_with("\x89PNG")) read(test::with_right_sums(bytes));
  return 0;
}
