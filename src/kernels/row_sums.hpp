// Sums over one row of weights, for its statistics.
#pragma once

#include <cstddef>

namespace attn {

/// Weights under this are as good as none.
inline constexpr double kSparseBelow = 1e-6;

/// Sums of one row in double precision. Logarithms are those of T, with errors of some units in its last place, and
/// their products with a few weights at a time are added in T.
struct RowSums {
  double weight = 0;       ///< Σ w
  double information = 0;  ///< Σ w·ln w
  double distance = 0;     ///< Σ w·|position − key|
  double greatest = 0;     ///< the greatest w, or 0
  std::size_t dense = 0;   ///< weights of at least kSparseBelow
  bool is_plain = true;    ///< no w has a minus sign. NaN and infinity show in the sum, subnormal numbers in nothing.
};

}  // namespace attn
