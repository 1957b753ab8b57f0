// Reads number formats and writes numbers by them, without printf: that would follow the locale.
#include "render/number_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "attn/error.hpp"
#include "core/number.hpp"

namespace attn {
namespace {

// Room for the longest number: 309 digits before the point, and the most that may be asked after it.
constexpr int max_precision = 50;
constexpr int max_width = 99;
constexpr std::size_t buffer_size = 309 + 1 + max_precision + 16;
constexpr std::string_view known_types = "deEfFgG%";

std::string with_precision(double value, std::chars_format notation, int precision) {
  std::array<char, buffer_size> buffer{};
  char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, notation, precision).ptr;
  return std::string(buffer.data(), end);
}

// Commas between each three digits of the integer part.
std::string with_commas(const std::string& text) {
  const std::size_t integer_end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string grouped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && i < integer_end && (integer_end - i) % 3 == 0) grouped += ',';
    grouped += text[i];
  }
  return grouped;
}

// The integer at the start of `text`, which is removed from it; none if there is no digit.
std::optional<int> read_integer(std::string_view& text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end == text.data() || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc() && value <= most ? value : most + 1;
}

}  // namespace

NumberFormat NumberFormat::parse(std::string_view format, const std::string& where) {
  const auto fail = [&](const std::string& problem) {
    return usage_error(where, "'" + std::string(format) + "' " + problem);
  };
  NumberFormat parsed;
  std::string_view rest = format;
  const auto skip = [&rest](char wanted) {
    const bool found = rest.starts_with(wanted);
    if (found) rest.remove_prefix(1);
    return found;
  };

  // A lone % is Python's type; before anything else it is printf's mark.
  if (rest.size() > 1) skip('%');
  if (skip('+')) parsed.sign_ = '+';
  if (skip(' ')) parsed.sign_ = ' ';
  skip('-');
  parsed.zero_filled_ = skip('0');
  const int width = read_integer(rest, max_width).value_or(0);
  if (width > max_width) throw fail("is wider than " + std::to_string(max_width) + " characters");
  parsed.width_ = static_cast<std::size_t>(width);
  parsed.grouped_ = skip(',');
  if (skip('.')) {
    parsed.precision_ = read_integer(rest, max_precision);
    if (!parsed.precision_) throw fail("has no digits after its point; write .2f for two decimals");
    if (*parsed.precision_ > max_precision)
      throw fail("asks for more than " + std::to_string(max_precision) + " decimals");
  }
  if (!rest.empty()) {
    parsed.type_ = rest.front();
    rest.remove_prefix(1);
    if (known_types.find(parsed.type_) == std::string_view::npos || !rest.empty())
      throw fail("is not a number format; write .2f, .3g, .1e, .0% or d");
  }
  if (parsed.type_ == 'd' && parsed.precision_) throw fail("gives decimals to an integer; write d, or .2f");
  return parsed;
}

std::string NumberFormat::magnitude_text(double magnitude) const {
  const int precision = precision_.value_or(6);
  std::string text;
  switch (type_) {
    case 'd': text = with_precision(std::nearbyint(magnitude), std::chars_format::fixed, 0); break;
    case 'e':
    case 'E': text = with_precision(magnitude, std::chars_format::scientific, precision); break;
    case 'f':
    case 'F': text = with_precision(magnitude, std::chars_format::fixed, precision); break;
    case '%': text = with_precision(100 * magnitude, std::chars_format::fixed, precision) + "%"; break;
    case 'g':
    case 'G': text = with_precision(magnitude, std::chars_format::general, precision); break;
    default:
      // What came from float32 reads best with float32's digits.
      const float narrow = static_cast<float>(magnitude);
      text = precision_ ? with_precision(magnitude, std::chars_format::general, precision)
             : static_cast<double>(narrow) == magnitude ? shortest(narrow)
                                                        : shortest(magnitude);
  }
  if (type_ == 'E' || type_ == 'F' || type_ == 'G')
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return grouped_ ? with_commas(text) : text;
}

std::string NumberFormat::operator()(double value) const {
  std::string text = magnitude_text(std::abs(value));
  std::string sign;
  if (std::signbit(value) && !std::isnan(value)) {
    sign = "-";
  } else if (sign_ != '-') {
    sign = sign_;
  }
  const std::size_t length = sign.size() + text.size();
  const std::string fill(width_ > length ? width_ - length : 0, zero_filled_ ? '0' : ' ');
  return zero_filled_ ? sign + fill + text : fill + sign + text;
}

}  // namespace attn
