// bfloat16: the upper half of a float32, and how numbers are rounded to it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace attn {

/// x rounded to the nearest bfloat16, ties to even, as a float. NaN stays NaN (quiet), infinities stay; numbers past
/// the greatest bfloat16 by half a unit become infinite, and subnormal ones (below 2^−126) 0 of their sign, as
/// the instructions of AVX-512 have it.
inline float bfloat16_rounded(float x) {
  constexpr std::uint32_t sign = 0x80000000, infinity = 0x7F800000, least_normal = 0x00800000, quiet = 0x00400000;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), magnitude = bits & ~sign;
  if (magnitude > infinity) return std::bit_cast<float>((bits | quiet) & 0xFFFF0000U);
  if (magnitude < least_normal) return std::bit_cast<float>(bits & sign);
  return std::bit_cast<float>((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000U);
}

/// Memory of this thread for `n` elements, aligned to 64 bytes, until the next call: the left factor of a product,
/// rounded.
float* rounding_scratch(std::size_t n);

}  // namespace attn
