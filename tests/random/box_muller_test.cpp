// Box–Muller: accuracy, and the same bits from both builds of it.
#include "random/box_muller.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <random>
#include <vector>

#include "support/catch.hpp"

namespace {

/// Uniforms of 24 bits as the generator makes them, the extremes first.
std::vector<float> uniforms(std::size_t count) {
  std::mt19937 engine(1);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(engine() & 0xffffffU) * 0x1p-24F;
  const float greatest = 1.0F - 0x1p-24F;
  const std::vector<float> extremes = {0.0F, greatest, 0x1p-24F, 0.5F, 0.25F, 0.75F, 1.0F - 0.70710678F, 0.125F};
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t j = 0; j < 8; ++j) {
      values[16 * i + j] = extremes[j];
      values[16 * i + j + 8] = extremes[(i + j) % 8];
    }
  return values;
}

}  // namespace

TEST_CASE("normals in blocks are within 2e-6 of exact arithmetic") {
  const std::vector<float> in = uniforms(1 << 20);
  std::vector<float> out = in;
  attn::box_muller(out.data(), out.size() / 16, 0, 1);
  double worst = 0;
  for (std::size_t block = 0; block < in.size(); block += 16)
    for (std::size_t j = block; j < block + 8; ++j) {
      const double radius = std::sqrt(-2 * std::log(1 - double(in[j])));
      const double theta = 2 * std::numbers::pi * double(in[j + 8]);
      worst = std::max(worst, std::abs(double(out[j]) - radius * std::cos(theta)));
      worst = std::max(worst, std::abs(double(out[j + 8]) - radius * std::sin(theta)));
    }
  CHECK(worst < 2e-6);
}

TEST_CASE("normals in blocks have the same bits on every CPU") {
  for (const float mean : {0.0F, 0.3F}) {
    std::vector<float> fast = uniforms(1 << 16), portable = fast;
    attn::box_muller(fast.data(), fast.size() / 16, mean, 1.7F);
    attn::box_muller_portable(portable.data(), portable.size() / 16, mean, 1.7F);
    CHECK(std::memcmp(fast.data(), portable.data(), fast.size() * sizeof(float)) == 0);
  }
}
