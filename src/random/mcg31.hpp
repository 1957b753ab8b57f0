// MCG31m1: the multiplicative congruential generator that Intel MKL calls VSL_BRNG_MCG31.
#pragma once

#include <cstdint>

namespace attn {

/// xₙ₊₁ = 1132489760·xₙ mod (2³¹ − 1), from x₀ = seed mod (2³¹ − 1), where 0 becomes 1 (L'Ecuyer, 1999).
class Mcg31 {
 public:
  explicit Mcg31(std::uint32_t seed) : state_(seed % modulus == 0 ? 1 : seed % modulus) {}

  /// The next number in (0,1], rounded to float32 as MKL's single-precision draws are; the first is the seed's own.
  float next() {
    const float value = static_cast<float>(state_) * 0x1p-31F;
    state_ = state_ * multiplier % modulus;
    return value;
  }

 private:
  static constexpr std::uint64_t modulus = 0x7fffffff;
  static constexpr std::uint64_t multiplier = 1132489760;

  std::uint64_t state_;
};

}  // namespace attn
