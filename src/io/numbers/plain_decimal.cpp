// Long decimals by one multiplication with a reciprocal power of ten: Eisel and Lemire's way.
#include "io/numbers/plain_decimal.hpp"

namespace attn::io::decimal {
namespace {

constexpr std::size_t most_places = 27;  // 5^27 is the last that fits 64 bits

// The 128 leading bits of 5^-n, rounded up.
struct Reciprocal {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

constexpr std::array<Reciprocal, most_places + 1> reciprocals = [] {
  std::array<Reciprocal, most_places + 1> table{};
  table[0] = {std::uint64_t{1} << 63U, 0};
  std::uint64_t power = 1;
  for (std::size_t n = 1; n <= most_places; ++n) {
    power *= 5;
    // 2^(z+127) / 5^n, where 2^z is the first power of two past 5^n: a long division, 64 bits at a time.
    const auto z = static_cast<int>(std::bit_width(power));
    Wide rest = Wide{1} << (z - 1);
    rest <<= 64U;
    const auto high = static_cast<std::uint64_t>(rest / power);
    rest = rest % power << 64U;
    const auto low = static_cast<std::uint64_t>(rest / power);
    const Wide both = (static_cast<Wide>(high) << 64U | low) + 1;
    table[n] = {static_cast<std::uint64_t>(both >> 64U), static_cast<std::uint64_t>(both)};
  }
  return table;
}();

}  // namespace

// D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021), section 5; that
// the truncated product always suffices: N. Mushtak and D. Lemire, "Fast number parsing without fallback" (2023).
double divided_by_power(std::uint64_t mantissa, std::size_t places) {
  const int exponent = -static_cast<int>(places);
  const int shift = std::countl_zero(mantissa);
  const std::uint64_t normal = mantissa << static_cast<unsigned>(shift);
  const Reciprocal factor = reciprocals[places];
  Wide product = static_cast<Wide>(normal) * factor.high;
  // Only if the nine bits below those that count are all ones can the lower half change them.
  if ((static_cast<std::uint64_t>(product >> 64U) & 0x1FFU) == 0x1FF)
    product += static_cast<Wide>(normal) * factor.low >> 64U;
  const auto high = static_cast<std::uint64_t>(product >> 64U), low = static_cast<std::uint64_t>(product);
  const auto upper = static_cast<unsigned>(high >> 63U);
  const unsigned dropped = upper + 9;
  std::uint64_t bits = high >> dropped;  // 54 bits: one to round by
  // Exactly between two floats, of which the lower is even: down. 5^n for n > 4 cannot give such a product.
  if (low <= 1 && places <= 4 && (bits & 3U) == 1 && bits << dropped == high) bits &= ~std::uint64_t{1};
  bits = (bits + (bits & 1U)) >> 1U;
  // floor(log2(10^exponent)) + 63, then the exponent's bias.
  const int scale = ((217706 * exponent) >> 16) + 63;
  const int biased = scale + static_cast<int>(upper) - shift + 1023 + static_cast<int>(bits >> 53U);
  return std::bit_cast<double>(static_cast<std::uint64_t>(biased) << 52U | (bits & 0xFFFFFFFFFFFFFU));
}

const char* scan_long_fraction(std::uint64_t whole, const char* p, std::size_t count, double& magnitude) {
  magnitude = 0;
  std::uint64_t fraction =
      eight_digits(load_word(p) ^ zeros) * whole_powers_of_ten[8] + eight_digits(load_word(p + 8) ^ zeros);
  const DigitRun more = leading_digits(load_word(p + count));
  count += more.count;
  if (count > 19 || (count == 19 && whole > 0) || (count == 18 && whole > 9) || (p[count] | 0x20) == 'e')
    return nullptr;
  fraction = fraction * whole_powers_of_ten[more.count] + more.value;
  const std::uint64_t mantissa = whole * whole_powers_of_ten[16] * whole_powers_of_ten[more.count] + fraction;
  if (mantissa != 0) magnitude = divided_by_power(mantissa, count);
  return p + count;
}

}  // namespace attn::io::decimal
