// Random numbers that reproduce PyTorch's and NumPy's seeded draws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "attn/tensor.hpp"

namespace attn {

/// Whose draws a stream reproduces.
enum class Generator {
  torch,      ///< torch.manual_seed on the CPU
  torch_mkl,  ///< the same, with the Bernoulli draws of an MKL build on an Intel CPU
  numpy,      ///< np.random.seed (the legacy RandomState)
};

/// Every name that `--rng` takes, in the order of Generator.
std::span<const std::string_view> generator_names();
/// The generator of a name; throws Error (usage, at `where`) with the nearest name.
Generator generator_of(std::string_view name, const std::string& where);

/// One seeded stream. Its state carries from draw to draw, as in the library it reproduces.
class RandomStream {
 public:
  RandomStream(Generator generator, std::uint64_t seed);
  ~RandomStream();
  RandomStream(RandomStream&&) noexcept;
  RandomStream& operator=(RandomStream&&) noexcept;

  Generator generator() const;

  /// U[0,1): torch.rand(shape) in float32 (widened for f64), or np.random.rand(*shape) in float64
  /// (rounded for f32). Row-major.
  Tensor rand(Shape shape, DType dtype);
  /// N(0,1): torch.randn or np.random.randn, with the library's own paths for few and many elements.
  Tensor randn(Shape shape, DType dtype);
  /// tensor.uniform_(from, to), or np.random.uniform(from, to, shape).
  Tensor uniform(Shape shape, double from, double to, DType dtype);
  /// torch.nn.functional.dropout's mask: 1 where the element is kept, for drop probability `p`.
  Tensor keep(Shape shape, double p);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attn
