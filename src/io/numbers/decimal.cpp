// The slow way of decimal text to float64.
#include "io/numbers/decimal.hpp"

#include <charconv>
#include <limits>
#include <system_error>

namespace attn::io {
namespace {

// Whether a number that float64 cannot hold is too large for it: its first digit that is not 0 stands for 10^n with
// n > 0. Any number that is out of range is so far from 1 that this tells.
bool is_large(const char* first, const char* last) {
  constexpr long long clamp = 1'000'000'000'000;
  long long exponent = 0, position = 0, leading = 0;
  bool after_point = false, found = false;
  const char* p = first;
  for (; p != last && *p != 'e' && *p != 'E'; ++p) {
    if (*p == '.') after_point = true;
    if (!decimal::is_digit(*p)) continue;
    if (after_point) --position;
    if (!found && *p != '0') {
      found = true;
      leading = position;
    } else if (found && !after_point) {
      ++leading;
    }
  }
  if (p != last) {
    const bool down = *++p == '-';
    if (!decimal::is_digit(*p)) ++p;
    for (; p != last; ++p)
      if (exponent < clamp) exponent = exponent * 10 + (*p - '0');
    if (down) exponent = -exponent;
  }
  return found && exponent + leading > 0;
}

}  // namespace

double round_decimal(const char* first, const char* last) {
  double value = 0;
  if (std::from_chars(first, last, value).ec != std::errc::result_out_of_range) return value;
  value = is_large(first, last) ? std::numeric_limits<double>::infinity() : 0.0;
  return *first == '-' ? -value : value;
}

}  // namespace attn::io
