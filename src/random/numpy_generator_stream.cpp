// NumPy's newer generator: the ziggurat.
#include "random/numpy_generator_stream.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <tuple>

#include "random/ziggurat_tables.hpp"

namespace attn {
namespace {

constexpr double whole = 0x1p52;

/// A layer as a draw of 52 bits sees it.
struct Layer {
  std::uint64_t inside;  ///< a draw below this is under the curve, wherever in the layer's height it lies
  double unit;           ///< a draw times this is its place
};

using Layers = std::array<Layer, std::tuple_size_v<decltype(ziggurat_edge)>>;

Layers make_layers() {
  Layers layers{};
  const std::size_t last = layers.size() - 1;
  for (std::size_t k = 0; k <= last; ++k) {
    const double inner = k == 0 ? ziggurat_edge[last] : k == 1 ? 0.0 : ziggurat_edge[k - 1];
    layers[k] = {static_cast<std::uint64_t>(std::nearbyint(inner / ziggurat_edge[k] * whole)),
                 ziggurat_edge[k] / whole};
  }
  return layers;
}

}  // namespace

void NumpyGeneratorStream::uniform(std::span<double> out, double from, double to) {
  const double range = to - from;
  for (double& value : out) value = from + range * unit();
}

void NumpyGeneratorStream::normal(std::span<double> out, double mean, double deviation) {
  for (double& value : out) value = mean + deviation * standard_normal();
}

double NumpyGeneratorStream::standard_normal() {
  static const Layers layers = make_layers();
  for (;;) {
    // Eight bits choose the layer, one the sign, and 52 the place.
    const std::uint64_t bits = engine_.next();
    const std::size_t k = bits & 0xffU;
    const std::uint64_t place = bits >> 9U & 0xfffffffffffffU;
    const double x = (bits >> 8U & 1U) != 0 ? -(static_cast<double>(place) * layers[k].unit)
                                            : static_cast<double>(place) * layers[k].unit;
    if (place < layers[k].inside) return x;
    if (k == 0) return beyond_the_edge((place >> 8U & 1U) != 0);
    const double height = ziggurat_height[k], above = ziggurat_height[k - 1];
    if ((above - height) * unit() + height < std::exp(-0.5 * x * x)) return x;
  }
}

// The tail, by Marsaglia's method.
double NumpyGeneratorStream::beyond_the_edge(bool negative) {
  const double edge = ziggurat_edge.back();
  constexpr double inverse = 0.27366123732975827203338247596;
  for (;;) {
    const double x = -inverse * std::log1p(-unit());
    const double y = -std::log1p(-unit());
    if (y + y > x * x) return negative ? -(edge + x) : edge + x;
  }
}

}  // namespace attn
