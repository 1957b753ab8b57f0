// CsvScanner: the fields of a CSV (RFC 4180), one by one, with their places.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "attn/file_bytes.hpp"

namespace attn::io {

/// Walks over fields. A line that is empty is no row. Lines end in LF or CRLF; a byte order mark is passed over.
class CsvScanner {
 public:
  CsvScanner(FileBytes file, char separator);

  /// Moves to the next row; false at the end of the file.
  bool next_row();
  /// Whether the row has another field; moves over the separator before it.
  bool next_field();
  /// The field as text, unquoted.
  std::string text();
  /// The field as a number (see csv_number). Throws Error (data) if it is none, or outside float64.
  double number();
  /// The field that was read last, as it is written.
  std::string_view raw() const { return {field_, static_cast<std::size_t>(p_ - field_)}; }

  /// Bytes that are not read yet.
  std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }
  std::size_t line() const { return line_; }
  char separator() const { return separator_; }
  /// Throws Error (data) at the line and column of the field that was read last, or of the row's end.
  [[noreturn]] void fail(const std::string& message) const;

 private:
  bool at_field_end(const char* p) const { return p == end_ || *p == separator_ || *p == '\n' || *p == '\r'; }
  void count_lines(std::string_view text);
  double other_number();
  // What an error of this field, which is no number, says of separators; nothing if they seem to be right.
  std::string separator_advice(std::string_view field) const;

  FileBytes file_;
  char separator_;
  const char* p_;
  const char* end_;
  const char* field_;
  const char* line_start_;
  std::size_t line_;
  bool row_begins_ = false;
  bool any_row_ = false, is_first_row_ = false;
};

}  // namespace attn::io
