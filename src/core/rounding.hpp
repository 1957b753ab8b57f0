// Whole multiples.
#pragma once

#include <cstddef>

namespace attn {

/// ⌈n / divisor⌉.
constexpr std::size_t divide_up(std::size_t n, std::size_t divisor) { return (n + divisor - 1) / divisor; }
/// The least multiple that is not under n.
constexpr std::size_t round_up(std::size_t n, std::size_t multiple) { return divide_up(n, multiple) * multiple; }

}  // namespace attn
