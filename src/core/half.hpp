// Numbers of 16 bits as floats, exactly.
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
