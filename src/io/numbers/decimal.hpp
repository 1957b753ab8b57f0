// Decimal text to float64, correctly rounded: the number grammar of RFC 8259, fast where that is exact.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace attn::io {

/// The value of the well-formed JSON number in [first, last) by std::from_chars. Past float64 it is infinite; too
/// small for it, it is a zero with its sign, as Python and numpy read it.
double round_decimal(const char* first, const char* last);

namespace decimal {

inline constexpr std::uint64_t most_exact = std::uint64_t{1} << 53;
inline constexpr std::array<double, 23> powers_of_ten{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

inline constexpr std::uint64_t zeros = 0x3030303030303030U;  // eight times '0'

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }
inline constexpr std::array<std::uint64_t, 17> whole_powers_of_ten = [] {
  std::array<std::uint64_t, 17> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// Which bytes of a word, in which '0' has become 0, are no digits: their highest bits.
inline std::uint64_t no_digits(std::uint64_t digits) {
  return (((digits & 0x7F7F7F7F7F7F7F7FU) + 0x7676767676767676U) | digits) & 0x8080808080808080U;
}
// The number that the eight bytes of a word, each 0 to 9, stand for, the lowest byte first. After Lemire's "Quickly
// parsing eight digits" (2018).
inline std::uint64_t eight_digits(std::uint64_t value) {
  value = value * 10 + (value >> 8U);
  return ((value & 0x000000FF000000FFU) * 0x000F424000000064U +
          ((value >> 16U) & 0x000000FF000000FFU) * 0x0000271000000001U) >>
         32U;
}

// Up to eight digits at the front of a little-endian word, without a branch on how many there are: numbers of
// varying length would be mispredicted on almost every one.
struct DigitRun {
  std::size_t count;
  std::uint64_t value;
};
inline DigitRun leading_digits(std::uint64_t word) {
  const std::uint64_t digits = word ^ zeros;
  const auto count = static_cast<std::size_t>(std::countr_zero(no_digits(digits))) / 8;
  // To the end of the word, zeros before them; in two shifts, as a shift by 64 is undefined.
  return {count, eight_digits(digits << (4 * (8 - count)) << (4 * (8 - count)))};
}

inline std::uint64_t load_word(const char* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// All digits at `p`; `mantissa` wraps around if there are too many, which the caller tells by their number.
inline const char* scan_digits(const char* p, const char* end, std::uint64_t& mantissa) {
  if constexpr (std::endian::native == std::endian::little) {
    while (end - p >= 16) {
      const DigitRun first = leading_digits(load_word(p));
      DigitRun second = leading_digits(load_word(p + 8));
      const std::uint64_t both = first.count == 8 ? ~std::uint64_t{0} : 0;
      second.count &= both;
      second.value &= both;
      mantissa = mantissa * whole_powers_of_ten[first.count] + first.value;
      mantissa = mantissa * whole_powers_of_ten[second.count] + second.value;
      p += first.count + second.count;
      if (second.count != 8) return p;
    }
  }
  for (; p != end && is_digit(*p); ++p) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
  return p;
}

}  // namespace decimal

/// Reads the number at `p` into `value` and returns its end; null if there is no JSON number. Infinite if it is past
/// float64.
inline const char* scan_decimal(const char* p, const char* end, double& value) {
  using namespace decimal;
  const char* const first = p;
  if (p == end) return nullptr;
  // Added, not branched upon: signs of data are random.
  const auto negative = static_cast<std::uint64_t>(*p == '-');
  p += negative;
  if (p == end || !is_digit(*p)) return nullptr;
  const char* const whole = p;
  auto mantissa = static_cast<std::uint64_t>(*p - '0');
  ++p;
  if (p != end && is_digit(*p) && mantissa != 0) p = scan_digits(p, end, mantissa);
  std::ptrdiff_t digits = p - whole;
  std::ptrdiff_t exponent = 0;
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    p = scan_digits(p, end, mantissa);
    if (p == fraction) return nullptr;
    exponent = fraction - p;
    digits -= exponent;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    const bool down = p != end && *p == '-';
    if (down || (p != end && *p == '+')) ++p;
    const char* const power = p;
    std::uint64_t size = 0;
    p = scan_digits(p, end, size);
    if (p == power) return nullptr;
    // Longer exponents may have wrapped around: those numbers are left to the slow way.
    const bool plain = p - power <= 4;
    if (plain) exponent += down ? -static_cast<std::ptrdiff_t>(size) : static_cast<std::ptrdiff_t>(size);
    if (!plain) digits = 20;
  }
  // Clinger's fast path: both operands are exact, so the one operation rounds correctly.
  if (digits <= 19 && mantissa <= most_exact && exponent >= -22 && exponent <= 22) {
    const double exact = static_cast<double>(mantissa);
    const double result = exponent <= 0 ? exact / powers_of_ten[static_cast<std::size_t>(-exponent)]
                                        : exact * powers_of_ten[static_cast<std::size_t>(exponent)];
    value = std::bit_cast<double>(std::bit_cast<std::uint64_t>(result) | negative << 63U);
  } else {
    value = round_decimal(first, p);
  }
  return p;
}

/// Values from here on round to infinity in float32: its largest, and half a unit in the last place.
inline constexpr double past_float32 = 0x1.ffffffp127;

}  // namespace attn::io
