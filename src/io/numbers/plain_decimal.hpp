// The decimal text that matrices are made of, to float64, faster than any well-formed number can be read.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "io/numbers/decimal.hpp"

namespace attn::io {
namespace decimal {

__extension__ using Wide = unsigned __int128;

/// mantissa / 10^places as the nearest float64, ties to even; mantissa is not 0, places is 27 at the most.
double divided_by_power(std::uint64_t mantissa, std::size_t places);

/// For numbers with more digits than float64 holds exactly: `whole`, and at `p` the digits after the point, of which
/// the first `count` are known to be there. The end of them; null if they are more than 64 bits hold.
const char* scan_long_fraction(std::uint64_t whole, const char* p, std::size_t count, double& magnitude);

}  // namespace decimal

/// The bytes that scan_plain_decimal may look at.
inline constexpr std::ptrdiff_t plain_decimal_reach = 32;

/// As scan_decimal, for the numbers that matrices are made of: -0.12345678, 12.5, 1. Null for every other one, well
/// formed or not; what follows the number needs a look, as it may be anything but an exponent. The only branches are
/// on what the numbers of one matrix have in common.
inline const char* scan_plain_decimal(const char* p, double& value) {
  using namespace decimal;
  if constexpr (std::endian::native != std::endian::little) return nullptr;
  const auto negative = static_cast<std::uint64_t>(*p == '-');
  p += negative;
  const auto signed_value = [negative](double magnitude) {
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(magnitude) | negative << 63U);
  };
  const auto digit_at = [p](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i] - '0'));
  };
  std::uint64_t whole = digit_at(0);
  if (whole > 9) return nullptr;
  if (p[1] == '.') {
    p += 2;
  } else if (p[1] == ',' || p[1] == ']') {
    value = signed_value(static_cast<double>(static_cast<std::int64_t>(whole)));
    return p + 1;
  } else {
    if (whole == 0 || digit_at(1) > 9 || p[2] != '.') return nullptr;
    whole = whole * 10 + digit_at(1);
    p += 3;
  }
  const std::uint64_t low = load_word(p) ^ zeros, high = load_word(p + 8) ^ zeros;
  const std::uint64_t ends_low = no_digits(low), ends_high = no_digits(high);
  if ((ends_low | ends_high) == 0) {
    const char* const end = scan_long_fraction(whole, p, 16, value);
    value = signed_value(value);
    return end;
  }
  const std::uint64_t all_low = std::uint64_t{0} - static_cast<std::uint64_t>(ends_low == 0);
  const auto count = static_cast<std::size_t>(std::countr_zero(ends_low | (ends_high & all_low))) / 8 + (8 & all_low);
  if (count == 0 || (p[count] | 0x20) == 'e') return nullptr;
  // All digits to the end of sixteen bytes, zeros before them.
  const std::size_t shift = 8 * (16 - count);
  const Wide digits = (static_cast<Wide>(high) << 64U | low) << shift;
  const std::uint64_t fraction = eight_digits(static_cast<std::uint64_t>(digits)) * whole_powers_of_ten[8] +
                                 eight_digits(static_cast<std::uint64_t>(digits >> 64U));
  const std::uint64_t mantissa = whole * whole_powers_of_ten[count] + fraction;
  if (mantissa > most_exact) {
    value = signed_value(divided_by_power(mantissa, count));
    return p + count;
  }
  value = signed_value(static_cast<double>(static_cast<std::int64_t>(mantissa)) / powers_of_ten[count]);
  return p + count;
}

}  // namespace attn::io
