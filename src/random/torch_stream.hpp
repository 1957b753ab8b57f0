// PyTorch's CPU generator: uniforms, normals and dropout masks as torch.manual_seed fixes them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "random/mcg31.hpp"
#include "random/mt19937.hpp"

namespace attn {

/// Follows ATen/native/cpu/DistributionTemplates.h and ATen/core/DistributionsHelper.h for contiguous float32 tensors.
class TorchStream {
 public:
  using Real = float;

  /// Whose Bernoulli draws: PyTorch's own, or those of Intel MKL, which older builds with MKL (2.3 is one,
  /// 2.13 is not) take on Intel CPUs.
  enum class Bernoulli { native, mkl };

  /// Only the seed's lower 32 bits count, as in PyTorch.
  TorchStream(std::uint64_t seed, Bernoulli bernoulli)
      : engine_(static_cast<std::uint32_t>(seed)), bernoulli_(bernoulli) {}

  /// tensor.uniform_(from, to): one word an element, of which 24 bits count.
  void uniform(std::span<float> out, double from, double to);
  /// tensor.normal_(mean, deviation). Fewer than 16 elements are drawn one by one in double, the second of each pair
  /// kept for later; 16 or more are drawn in blocks, which leave the kept one alone.
  void normal(std::span<float> out, double mean, double deviation);
  /// As after `uniform` of so many.
  void skip_uniform(std::uint64_t count) {
    for (; count != 0; --count) engine_.next();
  }
  /// As after one `normal` of so many.
  void skip_normal(std::uint64_t count);
  /// tensor.bernoulli_(p): calls `use(next)`, where each next() is one element: true with probability `p`.
  template <class Use>
  void bernoulli(double p, const Use& use) {
    if (bernoulli_ == Bernoulli::mkl) {
      // One word seeds a generator of MKL's, which compares in float32 (viRngBernoulli).
      Mcg31 mkl(engine_.next());
      const float p_f = static_cast<float>(p);
      use([&] { return mkl.next() < p_f; });
    } else {
      use([&] { return uniform_double() < p; });
    }
  }

 private:
  double uniform_double() {
    const std::uint64_t high = engine_.next();
    const std::uint64_t word = (high << 32U) | engine_.next();
    // Through a signed integer, for which SSE2 has a conversion; 53 bits are exact either way.
    return static_cast<double>(static_cast<std::int64_t>(word & ((std::uint64_t{1} << 53U) - 1))) * 0x1p-53;
  }
  double normal_double();

  Mt19937 engine_;
  Bernoulli bernoulli_;
  std::optional<double> kept_normal_;
};

}  // namespace attn
