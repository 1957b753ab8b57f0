// Numbers of 16 bits as floats, exactly, and floats rounded to them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "attn/tensor.hpp"

namespace attn {

/// IEEE 754 binary16. A multiplication by 2^112 moves the exponent's bias, and makes subnormals normal.
inline float widen_half(std::uint16_t half) {
  const std::uint32_t magnitude = half & 0x7FFFU;
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
  const bool finite = magnitude < 0x7C00U;
  const float moved = std::bit_cast<float>(magnitude << 13U) * 0x1p112F;
  const std::uint32_t bits = finite ? std::bit_cast<std::uint32_t>(moved) : (magnitude << 13U) | 0x7F800000U;
  return std::bit_cast<float>(bits | sign);
}

/// The nearest binary16, ties to even: numbers from 65520 on become infinite. NaN stays NaN, and is a quiet one.
inline std::uint16_t narrow_to_half(float x) {
  constexpr std::uint32_t infinity = 0x7F800000, past_halves = 0x477FF000, least_normal = 0x38800000;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0x7C00;
  if (magnitude > infinity) {
    half = 0x7E00U | (magnitude >> 13U & 0x3FFU);
  } else if (magnitude < least_normal) {
    // The unit of 0.5 is that of subnormal halves: a sum with it is rounded to them.
    half = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5F) - std::bit_cast<std::uint32_t>(0.5F);
  } else if (magnitude < past_halves) {
    half = ((magnitude + 0xFFFU + (magnitude >> 13U & 1U)) >> 13U) - (112U << 10U);
  }
  return static_cast<std::uint16_t>(half | (bits >> 16U & 0x8000U));
}

/// bfloat16: the upper half of a float.
inline float widen_bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U); }

/// to (n) = from (n), which are `dtype`, f16 or bf16.
template <class T>
void widen_all(const std::uint16_t* from, DType dtype, std::size_t n, T* to) {
  if (dtype == DType::f16) {
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<T>(widen_half(from[i]));
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<T>(widen_bfloat(from[i]));
  }
}

}  // namespace attn
