// Numbers that are not finite, by short names.
#pragma once

#include <limits>

namespace attn::test {

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace attn::test
