// Random numbers that reproduce PyTorch's and NumPy's seeded draws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attn/tensor.hpp"

namespace attn {

/// Whose draws a stream reproduces.
enum class Generator {
  torch,        ///< torch.manual_seed on the CPU
  torch_mkl,    ///< the same, with the Bernoulli draws that older MKL builds make on Intel CPUs
  numpy,        ///< np.random.seed (the legacy RandomState)
  numpy_pcg64,  ///< np.random.default_rng
};

/// Every name of a generator, in the order of Generator.
std::span<const std::string_view> generator_names();
/// The generator of a name; throws Error (usage, at `where`) with the nearest name.
Generator generator_of(std::string_view name, const std::string& where);

/// Rows [first, first + count) of `of`.
struct RowWindow {
  std::size_t first = 0, count = 0, of = 0;
};
/// Bytes after the last bit of a mask of bits.
inline constexpr std::size_t kept_bits_padding = 8;

/// One seeded stream. Its state carries from draw to draw, as in the library it reproduces: a normal that was drawn
/// in a pair and not used yet is given out later, whatever is drawn in between.
///
/// Draws fill their shape row-major, in f32 or f64. PyTorch's are made in float32 (and widened for f64), to the bit as
/// PyTorch 2 on a CPU with AVX2; normals in blocks differ by up to 2e-6 from those of its builds for other CPUs.
/// NumPy's are made in float64 (and rounded for f32).
class RandomStream {
 public:
  /// PyTorch takes the lower 32 bits of any seed, NumPy's legacy generator refuses more: throws Error (usage, at
  /// `where`).
  RandomStream(Generator generator, std::uint64_t seed, const std::string& where = "`seed`");
  ~RandomStream();
  RandomStream(RandomStream&&) noexcept;
  RandomStream& operator=(RandomStream&&) noexcept;

  Generator generator() const;
  std::uint64_t seed() const;
  /// A stream that will draw what this one will.
  RandomStream clone() const;

  /// U[0,1): torch.rand(shape), np.random.rand(*shape).
  Tensor rand(Shape shape, DType dtype);
  /// N(0,1): torch.randn(shape), np.random.randn(*shape).
  Tensor randn(Shape shape, DType dtype);
  /// U[from,to): tensor.uniform_(from, to), np.random.uniform(from, to, shape).
  Tensor uniform(Shape shape, double from, double to, DType dtype);
  /// N(mean,deviation²): tensor.normal_(mean, deviation), np.random.normal(mean, deviation, shape).
  Tensor normal(Shape shape, double mean, double deviation, DType dtype);
  /// Goes on as if rand had drawn `count` numbers.
  void skip_uniform(std::uint64_t count);
  /// Goes on as if one call of randn had drawn `count` numbers.
  void skip_normal(std::uint64_t count);
  /// A dropout mask (u8) for drop probability `p`: 1 where torch.nn.functional.dropout keeps an element, or where
  /// np.random.rand(*shape) < 1 - p. Nothing is drawn for p = 0 and p = 1.
  /// Throws Error (usage, at `where`) unless 0 <= p <= 1.
  Tensor keep(Shape shape, double p, const std::string& where = "`dropout`");
  /// The mask that `keep` draws for (groups, rows, columns), a bit an element in C order: element n is bit n % 8,
  /// counted from the least, of byte n / 8. Of each group, `window` rows alone are kept in memory; all are drawn.
  /// `kept_bits_padding` more bytes follow, which readers of whole words may read.
  std::vector<std::uint8_t> keep_bits(std::size_t groups, RowWindow window, std::size_t columns, double p,
                                      const std::string& where = "`dropout`");

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attn
