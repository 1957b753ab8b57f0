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

// How far a row's scores (in base 2) may grow past its running maximum before everything is rescaled to a new one, and
// the weight that this is. Far from overflow, also when times a value and summed over all keys.
template <class T>
inline constexpr T kGreatestGrowth = 32;
template <class T>
inline constexpr T kGreatestWeight = 4294967296;  // 2^32

// Scores (in base 2) for which 0 does as a running maximum: their weights, 2^−30 … 2^30, are well inside the limit
// above as they are. A bound of them counts up to one less, so that rounding cannot make a difference.
template <class T>
inline constexpr T kSmallScore = 30;

template <std::size_t N>
using Count = std::integral_constant<std::size_t, N>;

}  // namespace attn
