// The activations of every kernel set against the formulas in long double.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "attn/kernels.hpp"
#include "kernels/tile.hpp"
#include "support/catch.hpp"

using namespace attn;

namespace {

long double exact(Activation f, long double x) {
  const auto sigmoid = [](long double z) { return 1 / (1 + std::exp(-z)); };
  switch (f) {
    case Activation::gelu: return x * std::erfc(-x / std::sqrt(2.0L)) / 2;
    case Activation::gelu_tanh:
      return x * sigmoid(2 * static_cast<long double>(kGeluTanhRoot) *
                         (x + static_cast<long double>(kGeluTanhCube) * x * x * x));
    case Activation::gelu_quick: return x * sigmoid(static_cast<long double>(kGeluQuick) * x);
    case Activation::relu: return x < 0 ? 0 : x;
    case Activation::relu_squared: return x < 0 ? 0 : x * x;
    case Activation::silu: return x * sigmoid(x);
  }
  return x;
}

constexpr Activation all[] = {Activation::gelu, Activation::gelu_tanh,    Activation::gelu_quick,
                              Activation::relu, Activation::relu_squared, Activation::silu};

// Numbers of every size, as many as no vector width divides.
template <class T>
std::vector<T> numbers() {
  std::vector<T> values{T{0}, T{-0.0}};
  for (int i = -4000; i <= 4000; ++i) values.push_back(static_cast<T>(i) / 199);
  for (int e = -30; e <= 30; ++e)
    for (const T sign : {T{-1}, T{1}}) values.push_back(sign * static_cast<T>(std::ldexp(1.1, e)));
  return values;
}

template <class T>
void check_all() {
  const std::vector<T> from = numbers<T>();
  for (const KernelSet* set : supported_kernel_sets()) {
    const TileKernels<T>* const kernels = set->tiles<T>();
    if (kernels == nullptr) continue;
    for (const Activation f : all) {
      INFO(set->name << ", activation " << static_cast<int>(f));
      std::vector<T> plain = from, gated(from.size(), T{3});
      kernels->activate(f, nullptr, plain.data(), plain.size());
      kernels->activate(f, from.data(), gated.data(), gated.size());
      long double worst = 0;
      for (std::size_t i = 0; i < from.size(); ++i) {
        const long double right = exact(f, from[i]);
        const long double scale = std::max<long double>(std::abs(static_cast<long double>(from[i])), std::abs(right));
        if (scale == 0) {
          CHECK(plain[i] == 0);
          continue;
        }
        const long double unit = scale * std::numeric_limits<T>::epsilon();
        worst = std::max({worst, std::abs(plain[i] - right) / unit, std::abs(gated[i] - 3 * right) / (3 * unit)});
      }
      CHECK(worst < 4);
      T nan = std::numeric_limits<T>::quiet_NaN();
      kernels->activate(f, nullptr, &nan, 1);
      CHECK(std::isnan(nan));
    }
  }
}

}  // namespace

TEST_CASE("activations are exact to some units in the last place", "[activation]") {
  check_all<float>();
  check_all<double>();
}
