// Numbers of 8 bits as floats, exactly: E4M3 and E5M2 of the OCP's 8-bit floating point specification, as PyTorch and
// safetensors have them.
#pragma once

#include <bit>
#include <cstdint>

#include "core/half.hpp"

namespace attn {

/// E4M3 without infinities (`float8_e4m3fn`): all bits of the magnitude set are NaN. As of a half, a multiplication
/// moves the exponent's bias, and makes subnormals normal.
inline float widen_f8_e4m3(std::uint8_t byte) {
  const std::uint32_t magnitude = byte & 0x7FU;
  const std::uint32_t sign = static_cast<std::uint32_t>(byte & 0x80U) << 24U;
  const float moved = std::bit_cast<float>(magnitude << 20U) * 0x1p120F;
  const std::uint32_t bits = magnitude == 0x7FU ? 0x7FC00000U : std::bit_cast<std::uint32_t>(moved);
  return std::bit_cast<float>(bits | sign);
}

/// E5M2, which has infinities and NaN: the upper half of a binary16.
inline float widen_f8_e5m2(std::uint8_t byte) { return widen_half(static_cast<std::uint16_t>(byte << 8U)); }

}  // namespace attn
