// What to say of a CSV's field that is no number.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attn::io {

/// What may stand around a field's number.
inline bool is_csv_blank(char c) { return c == ' ' || c == '\t'; }
/// The number that a field's text is, with spaces around it: in JSON's grammar, or `.5`, `5.`, `+5`, `nan`, `inf`. Past
/// float64 it is infinite.
std::optional<double> csv_number(std::string_view text);

/// Whether a field's text is several numbers, with something else between them than `separator`.
bool is_several_numbers(std::string_view text, char separator);

/// Where a field is no number.
struct CsvField {
  std::string_view text, line;   ///< the field, and its line
  std::string_view first_line;   ///< of the file
  std::string_view below_first;  ///< of a field of the first row: the line below it, else nothing
};

/// "; fields are separated by ','" or the like where something else separates numbers in the field, or in the line
/// below the first; else nothing.
std::string separator_advice(const CsvField& field, char separator);

}  // namespace attn::io
