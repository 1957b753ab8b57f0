// The shortest decimal form of a float32, in a few dozen instructions: what std::to_chars writes, to the byte.
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "core/number.hpp"

namespace attn {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int least_power = -31, greatest_power = 45;

// floor(10^k · 2^-r) + 1 with r so that it has 64 bits; k counts from least_power. 5^k has the same leading bits.
constexpr std::array<std::uint64_t, greatest_power - least_power + 1> powers_of_ten = [] {
  std::array<std::uint64_t, greatest_power - least_power + 1> table{};
  for (int k = least_power; k <= greatest_power; ++k) {
    Wide power = 1;
    for (int i = 0; i < (k < 0 ? -k : k); ++i) power *= 5;
    std::uint64_t leading = 0;
    if (k >= 0) {
      int width = 0;
      while (width < 128 && power >> width != 0) ++width;
      leading = static_cast<std::uint64_t>(width > 64 ? power >> (width - 64) : power << (64 - width));
    } else {
      // 2^n / 5^-k, a bit at a time.
      Wide rest = 1;
      while (rest < power) rest <<= 1;
      for (int bit = 0; bit < 64; ++bit) {
        const bool one = rest >= power;
        if (one) rest -= power;
        leading = leading << 1U | static_cast<std::uint64_t>(one);
        rest <<= 1;
      }
    }
    table[static_cast<std::size_t>(k - least_power)] = leading + 1;
  }
  return table;
}();

// digits · 10^exponent
struct Decimal {
  std::uint32_t digits;
  int exponent;
};

std::uint32_t round_to_odd(std::uint64_t factor, std::uint32_t value) {
  const Wide product = static_cast<Wide>(factor) * value;
  const auto below = static_cast<std::uint32_t>(static_cast<std::uint64_t>(product) >> 32U);
  return static_cast<std::uint32_t>(product >> 64U) | static_cast<std::uint32_t>(below > 1);
}

// The shortest decimal that rounds to the normal number significand · 2^exponent, and of these the nearest: R.
// Giulietti, "The Schubfach way to render doubles" (2020), figure 4. Where the paper branches this selects: which way
// is taken changes from number to number.
Decimal shortest_decimal(std::uint32_t significand, int exponent, bool lower_is_closer) {
  const std::uint32_t odd = significand & 1U;  // the ends of an odd number's interval round elsewhere
  const int k =
      (exponent * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;  // floor(log10(2^exponent)), or of 3/4 of it
  const int shift = exponent + ((-k * 1741647) >> 19) + 1;          // floor(log2(10^-k))
  const std::uint64_t power = powers_of_ten[static_cast<std::size_t>(-k - least_power)];
  const std::uint32_t middle = 4 * significand;
  const std::uint32_t value = round_to_odd(power, middle << shift);
  const std::uint32_t lower = round_to_odd(power, (middle - 2 + (lower_is_closer ? 1 : 0)) << shift) + odd;
  const std::uint32_t upper = round_to_odd(power, (middle + 2) << shift) - odd;
  const std::uint32_t full = value / 4, cut = full / 10;
  const auto in_below_cut = static_cast<std::uint32_t>(lower <= 40 * cut);
  const auto in_above_cut = static_cast<std::uint32_t>(40 * cut + 40 <= upper);
  const auto in_below = static_cast<std::uint32_t>(lower <= 4 * full);
  const auto in_above = static_cast<std::uint32_t>(4 * full + 4 <= upper);
  const std::uint32_t midway = 4 * full + 2;
  const auto nearer_above =
      static_cast<std::uint32_t>(value > midway) | (static_cast<std::uint32_t>(value == midway) & full & 1U);
  const std::uint32_t one_in = std::uint32_t{0} - (in_below ^ in_above);
  const std::uint32_t whole = full + ((in_above & one_in) | (nearer_above & ~one_in));
  const std::uint32_t shorter = std::uint32_t{0} - (in_below_cut ^ in_above_cut);
  return {((cut + in_above_cut) & shorter) | (whole & ~shorter), k + static_cast<int>(shorter & 1U)};
}

// The eight digits of a number below 10^8 as characters less '0', the first one in the lowest byte.
std::uint64_t eight_digits(std::uint32_t number) {
  std::uint64_t digits = number / 10000 | static_cast<std::uint64_t>(number % 10000) << 32U;
  const std::uint64_t hundreds = (digits * 10486 >> 20U) & 0x0000007F0000007FU;
  digits = hundreds | (digits - 100 * hundreds) << 16U;
  const std::uint64_t tens = (digits * 103 >> 10U) & 0x000F000F000F000FU;
  return tens | (digits - 10 * tens) << 8U;
}

void store(char* out, std::uint64_t word) { std::memcpy(out, &word, sizeof word); }

char* write_integer(char* out, std::uint32_t number) {
  const std::uint64_t digits = eight_digits(number);
  const auto leading = static_cast<unsigned>(std::countr_zero(digits | std::uint64_t{1} << 56U)) / 8;
  store(out, (digits | 0x3030303030303030U) >> (8 * leading));
  return out + 8 - leading;
}

char* by_to_chars(char* out, float value) { return std::to_chars(out, out + max_number_chars, value).ptr; }

}  // namespace

char* format_shortest(char* out, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t biased = bits >> 23U & 0xFFU, fraction = bits & 0x7FFFFFU;
  if (biased == 255 && fraction != 0) return static_cast<char*>(std::memcpy(out, "nan", 3)) + 3;
  *out = '-';
  char* const begin = out + (bits >> 31U);
  const float magnitude = std::abs(value);
  if (magnitude < 1e5F) {
    const auto whole = static_cast<std::uint32_t>(magnitude);
    if (static_cast<float>(whole) == magnitude) return write_integer(begin, whole);
  }
  if (biased == 0 || magnitude >= 1e8F) return by_to_chars(out, value);

  auto [number, exponent] =
      shortest_decimal(fraction | 0x800000U, static_cast<int>(biased) - 150, fraction == 0 && biased > 1);
  // Nine digits at most: the first of nine by itself, then eight less the zeros around them.
  const std::uint32_t first = number / 100'000'000;
  const auto nine = static_cast<unsigned>(first != 0);
  std::uint64_t digits = eight_digits(number - 100'000'000 * first);
  if (digits == 0) return by_to_chars(out, value);
  const auto leading = static_cast<unsigned>(std::countr_zero(digits | nine)) / 8;
  const auto trailing = static_cast<unsigned>(std::countl_zero(digits)) / 8;
  const int length = static_cast<int>(8 + nine - leading - trailing);
  exponent += static_cast<int>(trailing);
  digits = (digits | 0x3030303030303030U) >> (8 * leading);
  if (exponent >= 0) return by_to_chars(out, value);

  out = begin;
  const int places = -exponent;
  // Fixed unless scientific notation is shorter.
  if (places > length + (length == 1 ? 2 : 3)) {
    const auto power = static_cast<std::uint32_t>(places - length + 1);
    const std::uint64_t all = nine != 0 ? digits << 8U | (first + '0') : digits;
    const auto last = static_cast<char>(digits >> 56U);
    out[0] = static_cast<char>(all);
    out[1] = '.';
    store(out + 2, all >> 8U);
    if (nine != 0) out[9] = last;
    out += length == 1 ? 1 : length + 1;
    std::memcpy(out, "e-", 2);
    out[2] = static_cast<char>('0' + power / 10);
    out[3] = static_cast<char>('0' + power % 10);
    return out + 4;
  }
  // Below 1 (`small` is all ones then) the text is "0.", up to three zeros and the digits. From 1 on it is the digits,
  // of which those after the point are put once more, one place on. Both by the same stores, as which of the two it is
  // changes from number to number.
  const int before_point = length - places;
  const int small = (before_point - 1) >> 31;
  const int start = (2 - before_point) & small;
  const int from = (before_point & ~small) | (static_cast<int>(nine) & small);
  std::memcpy(out, "0.000000", 8);
  out[start] = static_cast<char>('0' + first);
  store(out + start + nine, digits);
  out[(before_point & ~small) | (1 & small)] = '.';
  store(out + start + from + (1 & ~small), digits >> (8 * (static_cast<unsigned>(from) - nine)));
  return out + start + length + (1 & ~small);
}

}  // namespace attn
