// PyTorch's CPU generator: which engine words each draw takes, and what it makes of them.
#include "random/torch_stream.hpp"

#include <cmath>
#include <cstddef>
#include <numbers>

#include "random/box_muller.hpp"

namespace attn {
namespace {

constexpr std::size_t block = 16;

float unit(std::uint32_t word) {
  // Through a signed integer, for which SSE2 has a conversion; 24 bits are exact either way.
  return static_cast<float>(static_cast<std::int32_t>(word & 0xffffffU)) * 0x1p-24F;
}

}  // namespace

void TorchStream::uniform(std::span<float> out, double from, double to) {
  const float low = static_cast<float>(from), range = static_cast<float>(to) - low;
  while (!out.empty()) {
    const std::span<const std::uint32_t> words = engine_.next_words(out.size());
    if (low == 0.0F && range == 1.0F) {
      for (std::size_t i = 0; i < words.size(); ++i) out[i] = unit(words[i]);
    } else {
      // PyTorch's kernels for AVX2 and for ARM fuse this multiplication and addition: one rounding, not two.
      for (std::size_t i = 0; i < words.size(); ++i) out[i] = std::fma(unit(words[i]), range, low);
    }
    out = out.subspan(words.size());
  }
}

void TorchStream::normal(std::span<float> out, double mean, double deviation) {
  if (out.size() < block) {
    for (float& value : out) value = static_cast<float>(normal_double() * deviation + mean);
    return;
  }
  const float mean_f = static_cast<float>(mean), deviation_f = static_cast<float>(deviation);
  uniform(out, 0, 1);
  box_muller(out.data(), out.size() / block, mean_f, deviation_f);
  if (out.size() % block == 0) return;
  // A tail is not cut off: sixteen fresh ones end at the last element, over some that were done before.
  const std::span<float> tail = out.last(block);
  uniform(tail, 0, 1);
  box_muller(tail.data(), 1, mean_f, deviation_f);
}

void TorchStream::skip_normal(std::uint64_t count) {
  if (count >= block) return skip_uniform(count % block == 0 ? count : count + block);  // a tail is drawn again
  for (; count != 0; --count) normal_double();
}

double TorchStream::normal_double() {
  if (kept_normal_) {
    const double kept = *kept_normal_;
    kept_normal_.reset();
    return kept;
  }
  const double u1 = uniform_double(), u2 = uniform_double();
  const double radius = std::sqrt(-2.0 * std::log1p(-u2));
  const double theta = 2.0 * std::numbers::pi * u1;
  kept_normal_ = radius * std::sin(theta);
  return radius * std::cos(theta);
}

}  // namespace attn
