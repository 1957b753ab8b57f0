// The function of cubic interpolation.
#pragma once

#include <cmath>

namespace attn {

/// The cubic convolution of Keys (1981) with the parameter a, which is 0 from a distance of 2 on.
inline double cubic(double x, double a) {
  const double t = std::abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

}  // namespace attn
