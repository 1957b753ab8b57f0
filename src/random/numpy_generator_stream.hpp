// NumPy's newer generator: uniforms and normals as np.random.default_rng fixes them.
#pragma once

#include <cstdint>
#include <span>

#include "random/pcg64.hpp"

namespace attn {

/// Follows numpy.random.Generator(PCG64(seed)).
class NumpyGeneratorStream {
 public:
  using Real = double;

  explicit NumpyGeneratorStream(std::uint64_t seed) : engine_(seed) {}

  /// rng.uniform(from, to); rng.random() from 0 to 1.
  void uniform(std::span<double> out, double from, double to);
  /// rng.normal(mean, deviation); rng.standard_normal() with 0 and 1.
  void normal(std::span<double> out, double mean, double deviation);
  void skip_uniform(std::uint64_t count) {
    for (; count != 0; --count) engine_.next();
  }
  void skip_normal(std::uint64_t count) {
    for (; count != 0; --count) standard_normal();
  }
  /// rng.random() < p, an element each next() of `use(next)`.
  template <class Use>
  void bernoulli(double p, const Use& use) {
    use([&] { return unit() < p; });
  }

 private:
  double unit() {
    // Through a signed integer, for which SSE2 has a conversion; 53 bits are exact either way.
    return static_cast<double>(static_cast<std::int64_t>(engine_.next() >> 11U)) * 0x1p-53;
  }
  double standard_normal();
  double beyond_the_edge(bool negative);

  Pcg64 engine_;
};

}  // namespace attn
