// The numbers of a matrix as a page stores them.
#pragma once

#include <string>
#include <string_view>

#include "attn/heatmap.hpp"

namespace attn {

/// How to read a matrix's bytes. Numbers are little-endian, rows follow each other.
struct MatrixData {
  std::string_view type;  ///< f64, f32, f16; u8: whole numbers; steps: low + n·step, with the codes below for the rest
  double low = 0;
  double step = 0;
  ValueRange range;  ///< of the numbers as they are stored
};

/// Codes of `steps` that are no number.
inline constexpr unsigned negative_infinity_code = 253, infinity_code = 254, nan_code = 255;

/// Appends the matrix's bytes to `page` as base64. A matrix of whole numbers 0 … 255 takes a byte each, at any
/// precision.
MatrixData append_matrix(std::string& page, const Tensor& values, PagePrecision precision);

/// The bytes of an element that `append_matrix` takes at most.
std::size_t bytes_of_element(DType dtype, PagePrecision precision);

/// IEEE half precision, rounded to nearest, ties to even.
std::uint16_t half_of(float value);

}  // namespace attn
