// Numbers as text, both ways.
#include "core/number.hpp"

namespace attn {

std::string shortest(double value) {
  char buffer[max_number_chars];
  return {buffer, format_shortest(buffer, value)};
}

std::string shortest(float value) {
  char buffer[max_number_chars];
  return {buffer, format_shortest(buffer, value)};
}

std::string fixed(double value, int decimals) {
  if (!std::isfinite(value)) return shortest(value);
  // 309 digits before the point at the most, then the decimals.
  std::string text(330 + static_cast<std::size_t>(decimals), '\0');
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
  text.resize(static_cast<std::size_t>(end.ptr - text.data()));
  return text;
}

std::string scientific(double value, int decimals) {
  if (!std::isfinite(value)) return shortest(value);
  std::string text(16 + static_cast<std::size_t>(decimals), '\0');
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, decimals);
  text.resize(static_cast<std::size_t>(end.ptr - text.data()));
  return text;
}

bool parse_double(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_integer(std::string_view text, long long& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_integer(std::string_view text) {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace attn
