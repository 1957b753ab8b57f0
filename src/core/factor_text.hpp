// Factors in texts for people.
#pragma once

#include <cmath>
#include <string>

#include "core/number.hpp"

namespace attn {

/// The shortest decimal form of the nearest float, which has few digits; of the number itself where no float is near.
inline std::string factor_text(double factor) {
  const float narrow = static_cast<float>(factor);
  return std::isnormal(narrow) || factor == 0 ? shortest(narrow) : shortest(factor);
}

}  // namespace attn
