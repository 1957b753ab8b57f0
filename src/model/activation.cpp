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

template <class T>
T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}

// Calls `visit` with the function.
template <class T, class Visit>
void with_function(Activation f, Visit visit) {
  switch (f) {
    case Activation::gelu: return visit([](T x) { return x * std::erfc(-x / std::numbers::sqrt2_v<T>) / 2; });
    case Activation::gelu_tanh:
      return visit([](T x) {
        constexpr T root = static_cast<T>(0.79788456080286535588), cubic = static_cast<T>(0.044715);
        return x / 2 * (1 + std::tanh(root * (x + cubic * x * x * x)));
      });
    case Activation::gelu_quick: return visit([](T x) { return x * sigmoid(static_cast<T>(1.702) * x); });
    case Activation::relu: return visit([](T x) { return x < 0 ? T{0} : x; });
    case Activation::relu_squared: return visit([](T x) { return x < 0 ? T{0} : x * x; });
    case Activation::silu: return visit([](T x) { return x * sigmoid(x); });
  }
}

constexpr std::size_t block = 4096;  // elements of a task

template <class T>
void apply(Tensor& x, const Tensor* gate, Activation f, std::size_t threads) {
  T* const to = x.values<T>().data();
  const T* const from = gate == nullptr ? to : gate->values<T>().data();
  with_function<T>(f, [&](auto function) {
    parallel_for((x.size() + block - 1) / block, x.size() < elements_worth_threads ? 1 : threads,
                 [&](std::size_t task, std::size_t) {
                   const std::size_t end = std::min(x.size(), (task + 1) * block);
                   for (std::size_t i = task * block; i < end; ++i)
                     to[i] = gate == nullptr ? function(from[i]) : function(from[i]) * to[i];
                 });
  });
}

template <class T>
void apply_clamped(const Tensor& x, Tensor& y, const GateClamp& clamp) {
  const auto limit = static_cast<T>(clamp.limit), alpha = static_cast<T>(clamp.alpha);
  const auto from = x.values<T>();
  const auto to = y.values<T>();
  for (std::size_t i = 0; i < to.size(); ++i) {
    const T gate = std::min(from[2 * i], limit), up = std::clamp(from[2 * i + 1], -limit, limit);
    to[i] = (up + 1) * (gate * sigmoid(alpha * gate));
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

void activate(Tensor& x, Activation f, std::size_t threads) {
  if (x.dtype() == DType::f64) return apply<double>(x, nullptr, f, threads);
  apply<float>(x, nullptr, f, threads);
}

void activate_gated(Tensor& x, const Tensor& gate, Activation f, std::size_t threads) {
  if (x.dtype() == DType::f64) return apply<double>(x, &gate, f, threads);
  apply<float>(x, &gate, f, threads);
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
