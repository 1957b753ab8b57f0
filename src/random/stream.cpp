// RandomStream: one face for the generators of PyTorch and NumPy, and their names.
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
#include "core/rounding.hpp"
#include "random/names.hpp"
#include "random/numpy_generator_stream.hpp"
#include "random/numpy_stream.hpp"
#include "random/torch_stream.hpp"

namespace attn {
namespace {

constexpr std::array<std::string_view, 4> names = {"torch", "torch-mkl", "numpy", "numpy-pcg64"};

using AnyStream = std::variant<TorchStream, NumpyStream, NumpyGeneratorStream>;

AnyStream start(Generator generator, std::uint64_t seed, const std::string& where) {
  switch (generator) {
    case Generator::torch: return TorchStream(seed, TorchStream::Bernoulli::native);
    case Generator::torch_mkl: return TorchStream(seed, TorchStream::Bernoulli::mkl);
    case Generator::numpy_pcg64: return NumpyGeneratorStream(seed);
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

void check_probability(double p, const std::string& where) {
  // Written so that NaN is refused too.
  if (!(p >= 0 && p <= 1))
    throw usage_error(where, "a dropout probability lies between 0 and 1, and " + shortest(p) + " does not");
}

/// Calls `use(next)`, where each next() tells of one element whether it is kept; nothing is drawn for p = 0 and p = 1.
template <class Use>
void draw_kept(AnyStream& any, double p, const Use& use) {
  if (p == 0 || p == 1) return use([p] { return p == 0; });
  std::visit([&](auto& stream) { stream.bernoulli(1 - p, use); }, any);
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
  std::uint64_t seed;
  AnyStream stream;
};

RandomStream::RandomStream(Generator generator, std::uint64_t seed, const std::string& where)
    : state_(std::make_unique<State>(State{generator, seed, start(generator, seed, where)})) {}
RandomStream::~RandomStream() = default;
RandomStream::RandomStream(RandomStream&&) noexcept = default;
RandomStream& RandomStream::operator=(RandomStream&&) noexcept = default;

Generator RandomStream::generator() const { return state_->generator; }

std::uint64_t RandomStream::seed() const { return state_->seed; }

RandomStream RandomStream::clone() const {
  RandomStream copy(state_->generator, state_->seed);
  *copy.state_ = *state_;
  return copy;
}

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

void RandomStream::skip_uniform(std::uint64_t count) {
  std::visit([&](auto& stream) { stream.skip_uniform(count); }, state_->stream);
}

void RandomStream::skip_normal(std::uint64_t count) {
  std::visit([&](auto& stream) { stream.skip_normal(count); }, state_->stream);
}

Tensor RandomStream::keep(Shape shape, double p, const std::string& where) {
  check_probability(p, where);
  Tensor kept(DType::u8, std::move(shape));
  const std::span<std::uint8_t> values = kept.values<std::uint8_t>();
  if (values.empty()) return kept;
  draw_kept(state_->stream, p, [&](auto next) {
    for (std::uint8_t& value : values) value = next() ? 1 : 0;
  });
  return kept;
}

std::vector<std::uint8_t> RandomStream::keep_bits(std::size_t groups, RowWindow window, std::size_t columns, double p,
                                                  const std::string& where) {
  check_probability(p, where);
  std::vector<std::uint8_t> bits(divide_up(groups * window.count * columns, std::size_t{8}) + kept_bits_padding);
  if (groups * window.of * columns == 0) return bits;
  draw_kept(state_->stream, p, [&](auto next) {
    std::size_t at = 0;
    for (std::size_t group = 0; group < groups; ++group) {
      for (std::size_t row = 0; row < window.of; ++row) {
        if (row < window.first || row >= window.first + window.count) {
          for (std::size_t j = 0; j < columns; ++j) next();
          continue;
        }
        for (std::size_t j = 0; j < columns; ++j, ++at)
          bits[at / 8] = static_cast<std::uint8_t>(bits[at / 8] | (next() ? 1U : 0U) << at % 8);
      }
    }
  });
  return bits;
}

}  // namespace attn
