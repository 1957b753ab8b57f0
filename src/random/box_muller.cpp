// Box–Muller: logarithm, sine and cosine as the Cephes library has them, on blocks of sixteen.
#include "random/box_muller.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

// Every step is a plain float32 operation or an explicit std::fma, so both builds of `transform` below give the same
// bits; inlined into the one for AVX2, std::fma is one instruction and the loops become SIMD. For their sake choices
// are made by integer masks: compilers keep float comparisons, which may trap, out of SIMD.
#define ATTN_INLINE [[gnu::always_inline]] inline

namespace attn {
namespace {

constexpr std::size_t half = 8;

ATTN_INLINE std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
ATTN_INLINE float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

/// `yes` where the mask has all bits set, `no` where it has none.
ATTN_INLINE float select(std::uint32_t mask, float yes, float no) {
  return float_of((bits_of(yes) & mask) | (bits_of(no) & ~mask));
}

/// ln(x) for normal x > 0; Cephes logf.
ATTN_INLINE float natural_log(float x) {
  const std::uint32_t bits = bits_of(x);
  const float fraction = float_of((bits & 0x007fffffU) | 0x3f000000U);
  // Positive floats compare as their bits do.
  const std::uint32_t low = bits_of(fraction) < bits_of(0.707106781186547524F) ? ~0U : 0U;
  // x = (1 + m) · 2^e with 1 + m in [√½, √2).
  const float e = static_cast<float>(static_cast<std::int32_t>(bits >> 23U) - 126) - select(low, 1.0F, 0.0F);
  const float m = (fraction - 1.0F) + select(low, fraction, 0.0F);

  const float z = m * m;
  float y = 7.0376836292E-2F;
  y = std::fma(y, m, -1.1514610310E-1F);
  y = std::fma(y, m, 1.1676998740E-1F);
  y = std::fma(y, m, -1.2420140846E-1F);
  y = std::fma(y, m, 1.4249322787E-1F);
  y = std::fma(y, m, -1.6668057665E-1F);
  y = std::fma(y, m, 2.0000714765E-1F);
  y = std::fma(y, m, -2.4999993993E-1F);
  y = std::fma(y, m, 3.3333331174E-1F);
  // ln 2 in two parts, of which the greater is exact in few bits.
  y = std::fma(y * m, z, e * -2.12194440e-4F);
  y = std::fma(z, -0.5F, y);
  return std::fma(e, 0.693359375F, m + y);
}

struct SineCosine {
  float sine;
  float cosine;
};

/// sin(x) and cos(x) for 0 <= x < 8192; Cephes sinf and cosf.
ATTN_INLINE SineCosine sine_cosine(float x) {
  // The octant, rounded up to an even one: x is then within π/4 of a multiple of π/2.
  const std::int32_t octant = (static_cast<std::int32_t>(x * 1.27323954473516F) + 1) & ~1;
  const float turns = static_cast<float>(octant);
  // π/4 in three parts.
  x = std::fma(turns, -0.78515625F, x);
  x = std::fma(turns, -2.4187564849853515625e-4F, x);
  x = std::fma(turns, -3.77489497744594108e-8F, x);

  const float z = x * x;
  float even = 2.443315711809948E-5F;
  even = std::fma(even, z, -1.388731625493765E-3F);
  even = std::fma(even, z, 4.166664568298827E-2F);
  even = std::fma(even * z, z, z * -0.5F) + 1.0F;
  float odd = -1.9515295891E-4F;
  odd = std::fma(odd, z, 8.3321608736E-3F);
  odd = std::fma(odd, z, -1.6666654611E-1F);
  odd = std::fma(odd * z, x, x);

  const std::uint32_t turn = static_cast<std::uint32_t>(octant);
  const std::uint32_t swapped = 0U - (turn >> 1U & 1U);
  const std::uint32_t sine_sign = (turn & 4U) << 29U, cosine_sign = (~(turn - 2U) & 4U) << 29U;
  return {float_of(bits_of(select(swapped, even, odd)) ^ sine_sign),
          float_of(bits_of(select(swapped, odd, even)) ^ cosine_sign)};
}

ATTN_INLINE void transform_block(float* data, float mean, float deviation) {
  constexpr float two_pi = 6.28318530717958647692F;
  float radius[half];
  for (std::size_t j = 0; j < half; ++j) radius[j] = -2.0F * natural_log(1.0F - data[j]);
  // By itself, because it may set errno.
  for (float& r : radius) r = std::sqrt(r);
  for (std::size_t j = 0; j < half; ++j) {
    const SineCosine angle = sine_cosine(two_pi * data[j + half]);
    data[j] = std::fma(radius[j] * angle.cosine, deviation, mean);
    data[j + half] = std::fma(radius[j] * angle.sine, deviation, mean);
  }
}

ATTN_INLINE void transform(float* data, std::size_t blocks, float mean, float deviation) {
  for (std::size_t b = 0; b < blocks; ++b) transform_block(data + 2 * half * b, mean, deviation);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void transform_avx2(float* data, std::size_t blocks, float mean, float deviation) {
  transform(data, blocks, mean, deviation);
}
#endif

}  // namespace

void box_muller(float* data, std::size_t blocks, float mean, float deviation) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return transform_avx2(data, blocks, mean, deviation);
#endif
  box_muller_portable(data, blocks, mean, deviation);
}

void box_muller_portable(float* data, std::size_t blocks, float mean, float deviation) {
  transform(data, blocks, mean, deviation);
}

}  // namespace attn
