// The element types of 16 bits by names, so that kernels are compiled for each.
#pragma once

#include <cstdint>

namespace attn {

/// IEEE 754 binary16.
struct Float16 {
  std::uint16_t bits;
};

/// The upper half of a float.
struct BFloat16 {
  std::uint16_t bits;
};

}  // namespace attn
