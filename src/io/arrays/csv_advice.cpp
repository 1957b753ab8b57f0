// Looks for what separates numbers in the place of a comma or a tab.
#include "io/arrays/csv_advice.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "io/numbers/decimal.hpp"

namespace attn::io {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_csv_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_csv_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool separates_numbers(std::string_view text, char separator) {
  std::size_t numbers = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    if (!csv_number(part)) return false;
    ++numbers;
  }
  return numbers > 1;
}

// What separates numbers in a text; '\0' if nothing else than `own` does.
char separator_in(std::string_view text, char own) {
  for (const char separator : {';', '|', ',', '\t', ' '})
    if (separator != own && separates_numbers(text, separator)) return separator;
  return '\0';
}

char separator_of(const CsvField& field, char own) {
  if (const char found = separator_in(field.text, own); found != '\0') return found;
  if (const char found = separator_in(field.below_first, own); found != '\0' || own != ',') return found;
  std::string with_points(field.below_first);  // of a file in which commas are in numbers
  std::replace(with_points.begin(), with_points.end(), ',', '.');
  return separator_in(with_points, own);
}

}  // namespace

std::optional<double> csv_number(std::string_view text) {
  text = trim(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || stop != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return round_decimal(text.data(), stop);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

bool is_several_numbers(std::string_view text, char separator) { return separator_in(text, separator) != '\0'; }

std::string separator_advice(const CsvField& field, char separator) {
  const char found = separator_of(field, separator);
  if (found == '\0') return "";
  const auto has = [](std::string_view line, char c) { return line.find(c) != std::string_view::npos; };
  if (has(field.first_line, found) && !has(field.first_line, separator)) {
    if (found == '\t') return "; a file with tabs is named .tsv";
    if (found == ',') return "; a file with commas is named .csv";
  }
  const bool has_both = has(field.line, separator) || has(field.below_first, separator);
  const bool is_savetxt = found == ' ' && separator == ',' && !has_both && !has(field.first_line, separator);
  return std::string("; fields are separated by ") + (separator == ',' ? "','" : "tabs") +
         (is_savetxt ? R"(, as numpy.savetxt("x.csv", x, delimiter=",") writes them)" : "") +
         (has_both ? ", and numbers have a decimal point" : "");
}

}  // namespace attn::io
