// NumPy's legacy generator: which engine words each draw takes, and what it makes of them.
#include "random/numpy_stream.hpp"

#include <cmath>
#include <cstddef>

namespace attn {
namespace {

double unit_of(std::uint32_t first, std::uint32_t second) {
  // Through signed integers, for which SSE2 has conversions.
  const double high = static_cast<std::int32_t>(first >> 5U);
  const double low = static_cast<std::int32_t>(second >> 6U);
  return (high * 0x1p26 + low) * 0x1p-53;
}

}  // namespace

void NumpyStream::uniform(std::span<double> out, double from, double to) {
  const double range = to - from;
  while (!out.empty()) {
    // Every draw takes pairs and the engine's blocks are even, so no pair is cut.
    const std::span<const std::uint32_t> words = engine_.next_words(2 * out.size());
    const std::size_t count = words.size() / 2;
    for (std::size_t i = 0; i < count; ++i) out[i] = from + range * unit_of(words[2 * i], words[2 * i + 1]);
    out = out.subspan(count);
  }
}

void NumpyStream::normal(std::span<double> out, double mean, double deviation) {
  for (double& value : out) value = mean + deviation * gauss();
}

double NumpyStream::unit() {
  const std::uint32_t first = engine_.next();
  return unit_of(first, engine_.next());
}

double NumpyStream::gauss() {
  if (kept_gauss_) {
    const double kept = *kept_gauss_;
    kept_gauss_.reset();
    return kept;
  }
  // Marsaglia's polar method.
  for (;;) {
    const double x1 = 2.0 * unit() - 1.0;
    const double x2 = 2.0 * unit() - 1.0;
    const double square = x1 * x1 + x2 * x2;
    if (square >= 1.0 || square == 0.0) continue;
    const double factor = std::sqrt(-2.0 * std::log(square) / square);
    kept_gauss_ = factor * x1;
    return factor * x2;
  }
}

}  // namespace attn
