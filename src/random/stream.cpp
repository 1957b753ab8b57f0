// RandomStream: one face for the generators of PyTorch and NumPy, and their names.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "attn/error.hpp"
#include "attn/random.hpp"
#include "core/number.hpp"
#include "random/names.hpp"
#include "random/numpy_stream.hpp"
#include "random/torch_stream.hpp"

namespace attn {
namespace {

constexpr std::array<std::string_view, 3> names = {"torch", "torch-mkl", "numpy"};

using AnyStream = std::variant<TorchStream, NumpyStream>;

AnyStream start(Generator generator, std::uint64_t seed, const std::string& where) {
  switch (generator) {
    case Generator::torch: return TorchStream(seed, TorchStream::Bernoulli::native);
    case Generator::torch_mkl: return TorchStream(seed, TorchStream::Bernoulli::mkl);
    case Generator::numpy: break;
  }
  constexpr std::uint64_t greatest = std::numeric_limits<std::uint32_t>::max();
  if (seed > greatest)
    throw usage_error(where,
                      "numpy takes seeds from 0 to " + std::to_string(greatest) + ", not " + std::to_string(seed));
  return NumpyStream(static_cast<std::uint32_t>(seed));
}

/// A tensor that `fill(stream, values)` draws in the stream's own precision, converted to `dtype`.
template <class Fill>
Tensor drawn(AnyStream& any, Shape shape, DType dtype, const Fill& fill) {
  if (dtype == DType::u8) throw std::logic_error("RandomStream: numbers are drawn in f32 or f64");
  return std::visit(
      [&](auto& stream) {
        using Real = typename std::remove_reference_t<decltype(stream)>::Real;
        Tensor native(dtype_of<Real>, std::move(shape));
        fill(stream, native.values<Real>());
        return native.dtype() == dtype ? std::move(native) : native.as(dtype);
      },
      any);
}

}  // namespace

std::span<const std::string_view> generator_names() { return names; }

Generator generator_of(std::string_view name, const std::string& where) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Generator>(i);
  throw usage_error(where, unknown_name("generator", name, {names.begin(), names.end()}));
}

struct RandomStream::State {
  Generator generator;
  AnyStream stream;
};

RandomStream::RandomStream(Generator generator, std::uint64_t seed, const std::string& where)
    : state_(std::make_unique<State>(State{generator, start(generator, seed, where)})) {}
RandomStream::~RandomStream() = default;
RandomStream::RandomStream(RandomStream&&) noexcept = default;
RandomStream& RandomStream::operator=(RandomStream&&) noexcept = default;

Generator RandomStream::generator() const { return state_->generator; }

Tensor RandomStream::rand(Shape shape, DType dtype) { return uniform(std::move(shape), 0, 1, dtype); }

Tensor RandomStream::randn(Shape shape, DType dtype) { return normal(std::move(shape), 0, 1, dtype); }

Tensor RandomStream::uniform(Shape shape, double from, double to, DType dtype) {
  return drawn(state_->stream, std::move(shape), dtype,
               [&](auto& stream, auto values) { stream.uniform(values, from, to); });
}

Tensor RandomStream::normal(Shape shape, double mean, double deviation, DType dtype) {
  return drawn(state_->stream, std::move(shape), dtype,
               [&](auto& stream, auto values) { stream.normal(values, mean, deviation); });
}

Tensor RandomStream::keep(Shape shape, double p, const std::string& where) {
  // Written so that NaN is refused too.
  if (!(p >= 0 && p <= 1))
    throw usage_error(where, "a dropout probability lies between 0 and 1, and " + shortest(p) + " does not");
  Tensor kept(DType::u8, std::move(shape));
  const std::span<std::uint8_t> values = kept.values<std::uint8_t>();
  if (p == 0 || p == 1 || values.empty()) {
    std::fill(values.begin(), values.end(), static_cast<std::uint8_t>(p == 0 ? 1 : 0));
  } else {
    std::visit([&](auto& stream) { stream.bernoulli(values, 1 - p); }, state_->stream);
  }
  return kept;
}

}  // namespace attn
