// Stores matrices exactly, as halves, or as steps between their ends.
#include "render/html/matrix_data.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/base64.hpp"

namespace attn {
namespace {

// What goes into the page is memory as it is.
static_assert(std::endian::native == std::endian::little);

constexpr unsigned steps = 252;  // between the codes of the least and the greatest number

template <class T>
ValueRange range_of(std::span<const T> values) {
  ValueRange range;
  for (const T value : values)
    if (std::isfinite(value)) range.include(static_cast<double>(value));
  return range;
}

// Minus zero is no whole number here: it would lose its sign.
template <class T>
bool are_bytes(std::span<const T> values) {
  return std::all_of(values.begin(), values.end(), [](T value) {
    return value >= 0 && value <= 255 && value == std::floor(value) && !std::signbit(value);
  });
}

template <class T>
void append_bytes_of(std::string& page, std::span<const T> values) {
  append_base64(page, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

template <class T, class Code>
void append_coded(std::string& page, std::span<const T> values, Code code) {
  std::vector<decltype(code(values[0]))> codes(values.size());
  std::transform(values.begin(), values.end(), codes.begin(), code);
  append_bytes_of(page, std::span<const decltype(code(values[0]))>(codes));
}

double value_of_half(std::uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const double fraction = half & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

template <class T>
MatrixData append_halves(std::string& page, std::span<const T> values) {
  MatrixData data{.type = "f16"};
  append_coded(page, values, [&data](T value) {
    const std::uint16_t half = half_of(static_cast<float>(value));
    if ((half & 0x7C00) != 0x7C00) data.range.include(value_of_half(half));
    return half;
  });
  return data;
}

template <class T>
MatrixData append_steps(std::string& page, std::span<const T> values) {
  const ValueRange range = range_of(values);
  MatrixData data{.type = "steps"};
  if (range.least < range.greatest) data.step = range.greatest / steps - range.least / steps;
  if (range.least <= range.greatest) data.low = range.least;
  append_coded(page, values, [&data](T value) {
    if (std::isnan(value)) return static_cast<std::uint8_t>(nan_code);
    if (std::isinf(value)) return static_cast<std::uint8_t>(value > 0 ? infinity_code : negative_infinity_code);
    const double code = data.step > 0 ? std::round((static_cast<double>(value) - data.low) / data.step) : 0;
    const auto byte = static_cast<std::uint8_t>(std::clamp(code, 0.0, static_cast<double>(steps)));
    data.range.include(data.low + byte * data.step);
    return byte;
  });
  return data;
}

template <class T>
MatrixData append_values(std::string& page, std::span<const T> values, PagePrecision precision) {
  if (are_bytes(values)) {
    append_coded(page, values, [](T value) { return static_cast<std::uint8_t>(value); });
    return {.type = "u8", .range = range_of(values)};
  }
  switch (precision) {
    case PagePrecision::f16: return append_halves(page, values);
    case PagePrecision::u8: return append_steps(page, values);
    case PagePrecision::exact: break;
  }
  append_bytes_of(page, values);
  return {.type = dtype_name(dtype_of<T>), .range = range_of(values)};
}

}  // namespace

std::uint16_t half_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
  const std::uint32_t magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return sign | 0x7E00;   // NaN
  if (magnitude >= 0x47800000) return sign | 0x7C00;  // 65536 and more: infinity
  if (magnitude < 0x38800000) {
    // Below 2⁻¹⁴: multiples of 2⁻²⁴, which adding a half of that grid's size rounds to.
    const float shifted = std::abs(value) + 0.5F;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3F000000));
  }
  const std::uint32_t rounded = magnitude + 0x0FFF + ((magnitude >> 13) & 1);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

std::size_t bytes_of_element(DType dtype, PagePrecision precision) {
  if (precision == PagePrecision::u8) return 1;
  return precision == PagePrecision::f16 ? 2 : dtype_size(dtype);
}

MatrixData append_matrix(std::string& page, const Tensor& values, PagePrecision precision) {
  switch (values.dtype()) {
    case DType::f32: return append_values(page, values.values<float>(), precision);
    case DType::f64: return append_values(page, values.values<double>(), precision);
    case DType::f16:
    case DType::bf16: refuse_narrow(values.dtype());
    case DType::u8: break;
  }
  const std::span<const std::uint8_t> bytes = values.values<std::uint8_t>();
  append_bytes_of(page, bytes);
  MatrixData data{.type = "u8"};
  for (const std::uint8_t byte : bytes) data.range.include(byte);
  return data;
}

}  // namespace attn
