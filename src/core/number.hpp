// Numbers as text: the shortest form that reads back to the same float, whatever the locale.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

namespace attn {

/// Room for any number that `format_shortest` writes.
inline constexpr std::size_t max_number_chars = 32;

/// Writes the shortest decimal form at `out` (room for max_number_chars); `nan`, `inf` and `-inf`
/// for what is not finite. Returns the end; what is after it, within that room, may have changed.
inline char* format_shortest(char* out, double value) {
  // The sign of a NaN means nothing, and x86 sets it on the NaN of 0/0: to_chars would write -nan.
  return std::to_chars(out, out + max_number_chars, std::isnan(value) ? std::abs(value) : value).ptr;
}
char* format_shortest(char* out, float value);

/// The shortest decimal form as a string.
std::string shortest(double value);
std::string shortest(float value);
/// With `decimals` digits after the point; what is not finite as above.
std::string fixed(double value, int decimals);
/// One digit before the point, so many after it, and an exponent: 1.5e-07; what is not finite as above.
std::string scientific(double value, int decimals);

/// Reads the whole of `text` as a number (`1`, `-2.5e3`, `nan`, `inf`, no spaces); false if it is not one.
bool parse_double(std::string_view text, double& value);
/// Reads the whole of `text` as a decimal integer with an optional minus; false if it is not one.
bool parse_integer(std::string_view text, long long& value);
/// Whether that is one, however large.
bool is_integer(std::string_view text);

}  // namespace attn
