// NumPy's legacy generator: uniforms and normals as np.random.seed fixes them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "random/mt19937.hpp"

namespace attn {

/// Follows numpy.random.RandomState, whose draws are frozen (NEP 19).
class NumpyStream {
 public:
  using Real = double;

  explicit NumpyStream(std::uint32_t seed) : engine_(seed) {}

  /// np.random.uniform(from, to): two words an element, of which 53 bits count.
  void uniform(std::span<double> out, double from, double to);
  /// np.random.normal(mean, deviation): the polar method, the second of each pair kept for the next draw.
  void normal(std::span<double> out, double mean, double deviation);
  void skip_uniform(std::uint64_t count) {
    for (; count != 0; --count) unit();
  }
  void skip_normal(std::uint64_t count) {
    for (; count != 0; --count) gauss();
  }
  /// np.random.rand() < p, an element each next() of `use(next)`.
  template <class Use>
  void bernoulli(double p, const Use& use) {
    use([&] { return unit() < p; });
  }

 private:
  double unit();
  double gauss();

  Mt19937 engine_;
  std::optional<double> kept_gauss_;
};

}  // namespace attn
