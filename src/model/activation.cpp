// TABLE of activations, and their application.
#include "model/activation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"
#include "kernels/tile.hpp"

namespace attn::model {
namespace {

struct Name {
  std::string_view name;
  Activation f;
};
// As the ACT2FN of transformers has them.
constexpr std::array<Name, 12> names{{{"gelu", Activation::gelu},
                                      {"gelu_python", Activation::gelu},
                                      {"gelu_new", Activation::gelu_tanh},
                                      {"gelu_fast", Activation::gelu_tanh},
                                      {"gelu_accurate", Activation::gelu_tanh},
                                      {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                      {"gelu_python_tanh", Activation::gelu_tanh},
                                      {"quick_gelu", Activation::gelu_quick},
                                      {"relu", Activation::relu},
                                      {"relu2", Activation::relu_squared},
                                      {"silu", Activation::silu},
                                      {"swish", Activation::silu}}};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The definition of right.
double activated(Activation f, double x) {
  switch (f) {
    case Activation::gelu: return x * std::erfc(-x * std::numbers::sqrt2 / 2) / 2;
    case Activation::gelu_tanh: return x / 2 * (1 + std::tanh(kGeluTanhRoot * (x + kGeluTanhCube * x * x * x)));
    case Activation::gelu_quick: return x * sigmoid(kGeluQuick * x);
    case Activation::relu: return x < 0 ? 0 : x;
    case Activation::relu_squared: return x < 0 ? 0 : x * x;
    case Activation::silu: return x * sigmoid(x);
  }
  return x;
}

template <class T>
void activate_plainly(Activation f, const T* gate, T* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    x[i] = static_cast<T>(gate == nullptr ? activated(f, static_cast<double>(x[i]))
                                          : activated(f, static_cast<double>(gate[i])) * static_cast<double>(x[i]));
}

constexpr std::size_t block = 16384;  // elements of a task

template <class T>
void apply(Tensor& x, const Tensor* gate, Activation f, const Execution& execution) {
  T* const to = x.values<T>().data();
  const T* const from = gate == nullptr ? nullptr : gate->values<T>().data();
  const TileKernels<T>* const kernels = execution.kernels->template tiles<T>();
  const auto run = kernels == nullptr ? activate_plainly<T> : kernels->activate;
  parallel_for((x.size() + block - 1) / block, x.size() < elements_worth_threads ? 1 : execution.threads,
               [&](std::size_t task, std::size_t) {
                 const std::size_t begin = task * block;
                 run(f, from == nullptr ? nullptr : from + begin, to + begin, std::min(block, x.size() - begin));
               });
}

template <class T>
void apply_clamped(const Tensor& x, Tensor& y, const GateClamp& clamp) {
  const auto from = x.values<T>();
  const auto to = y.values<T>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const double gate = std::min(static_cast<double>(from[2 * i]), clamp.limit);
    const double up = std::clamp(static_cast<double>(from[2 * i + 1]), -clamp.limit, clamp.limit);
    to[i] = static_cast<T>((up + 1) * gate * sigmoid(clamp.alpha * gate));
  }
}

}  // namespace

Activation activation_of(std::string_view name, const std::string& where) {
  std::vector<std::string_view> known;
  for (const Name& row : names) {
    if (row.name == name) return row.f;
    known.push_back(row.name);
  }
  throw data_error(where, "the activation '" + printable(std::string(name)) + "' is not supported; those are " +
                              joined(known) + did_you_mean(name, known));
}

void activate(Tensor& x, const Tensor* gate, Activation f, const Execution& execution) {
  if (x.dtype() == DType::f64) return apply<double>(x, gate, f, execution);
  apply<float>(x, gate, f, execution);
}

Tensor activate_clamped(const Tensor& x, const GateClamp& clamp) {
  Shape shape = x.shape();
  shape.back() /= 2;
  Tensor y(x.dtype(), std::move(shape));
  if (x.dtype() == DType::f64) {
    apply_clamped<double>(x, y, clamp);
  } else {
    apply_clamped<float>(x, y, clamp);
  }
  return y;
}

}  // namespace attn::model
