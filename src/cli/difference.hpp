// How far two tensors are from each other, element by element.
#pragma once

#include <cstddef>
#include <string>

#include "attn/tensor.hpp"

namespace attn::cli {

/// a is close to e if |a − e| ≤ absolute + relative·|e|.
struct Tolerance {
  double relative = 0, absolute = 0;
};

/// One pair of elements.
struct Deviation {
  double amount = 0;  ///< NaN if one of the two is NaN
  std::size_t index = 0;
  double actual = 0, expected = 0;
};

struct Difference {
  bool same_shape = true;        ///< if not, nothing was compared
  std::size_t count = 0;         ///< of elements
  std::size_t differing = 0;     ///< of them, not close
  double greatest = 0;           ///< |a − e| of those that are close
  Deviation first;               ///< of those that are not, in C order
  Deviation absolute, relative;  ///< the worst of them; |a − e|, and |a − e| / |e|

  bool met() const { return same_shape && differing == 0; }
};

/// Compares tensors of any types. NaN is close to NaN, and an infinity to the one of its sign, to nothing else.
/// `nulls`: an expected NaN was written where JSON has no number, and is close to what is not finite.
Difference difference_of(const Tensor& actual, const Tensor& expected, Tolerance tolerance, bool nulls = false);

/// Of a float32 and a float64 tensor, makes the latter float32 if each of its numbers is the shortest text of a float32
/// one: that is how such numbers are written to CSV, whose decimals would differ a little from what they were.
void match_written_types(Tensor& one, Tensor& other);

/// √(Σ x² / n) of a tensor's finite elements; 0 if it has none.
double root_mean_square(const Tensor& tensor);

/// The indices of an element: "[1, 3]".
std::string index_text(std::size_t index, const Shape& shape);

}  // namespace attn::cli
