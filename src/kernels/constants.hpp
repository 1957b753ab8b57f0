// Numbers that the kernels of every target share.
#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

namespace attn {

template <class T>
inline constexpr T kInfinity = std::numeric_limits<T>::infinity();

template <class T>
inline constexpr T kLog2E = static_cast<T>(1.4426950408889634074);

template <std::size_t N>
using Count = std::integral_constant<std::size_t, N>;

}  // namespace attn
