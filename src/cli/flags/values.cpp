// Strict readers of flags' values.
#include "cli/flags/values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attn/error.hpp"
#include "core/nearest.hpp"
#include "core/number.hpp"

namespace attn::cli {

std::int64_t parse_whole(std::string_view text, const std::string& where, std::int64_t least) {
  long long number = 0;
  if (!is_integer(text)) throw usage_error(where, "'" + std::string(text) + "' is not a whole number");
  if (!parse_integer(text, number)) {
    const bool is_low = text.starts_with('-');
    const std::int64_t limit =
        is_low ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    throw usage_error(where, std::string(text) + " is " + (is_low ? "below " : "above ") + std::to_string(limit) +
                                 (is_low ? ", the least" : ", the greatest") + " whole number that is read");
  }
  if (number < least)
    throw usage_error(where, "must be " + std::to_string(least) + " or more, not " + std::to_string(number));
  return number;
}

double parse_number(std::string_view text, const std::string& where) {
  double number = 0;
  if (!parse_double(text, number) || !std::isfinite(number))
    throw usage_error(where, "'" + std::string(text) + "' is not a number");
  return number;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(separator, at);
    parts.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

std::vector<std::int64_t> parse_whole_list(std::string_view text, const std::string& where, std::int64_t least) {
  std::vector<std::int64_t> numbers;
  for (const std::string& part : split(text, ',')) numbers.push_back(parse_whole(part, where, least));
  return numbers;
}

std::vector<std::string> words_of(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n\v\f";
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(spaces); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(spaces, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(spaces, end);
  }
  return words;
}

std::size_t parse_choice(std::string_view text, const std::string& where, const std::vector<std::string_view>& names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return i;
  throw usage_error(where, "'" + std::string(text) + "' is not one of " + listed(names) + did_you_mean(text, names));
}

}  // namespace attn::cli
