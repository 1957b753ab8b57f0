// Fields, quotes, line ends and numbers of CSV.
#include "io/arrays/csv_scanner.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/arrays/csv_advice.hpp"
#include "io/files/encoding.hpp"
#include "io/numbers/plain_decimal.hpp"

namespace attn::io {
namespace {

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

CsvScanner::CsvScanner(FileBytes file, char separator)
    : file_(std::move(file)),
      separator_(separator),
      p_(file_.bytes().data()),
      end_(p_ + file_.bytes().size()),
      field_(p_),
      line_start_(p_),
      line_(file_.first_line()) {
  refuse_wide_encodings(file_);
  if (file_.bytes().starts_with(byte_order_mark)) p_ = line_start_ = field_ = p_ + byte_order_mark.size();
}

void CsvScanner::fail(const std::string& message) const {
  std::size_t column = 1;
  for (const char* p = line_start_; p < field_; ++p)
    if ((static_cast<unsigned char>(*p) & 0xC0U) != 0x80) ++column;
  throw data_error(file_.name() + ":" + std::to_string(line_) + ":" + std::to_string(column), message);
}

bool CsvScanner::next_row() {
  for (;;) {
    field_ = p_;
    if (p_ == end_) return false;
    if (*p_ == '\r') {
      ++p_;
      if (p_ != end_ && *p_ != '\n') fail("a carriage return that does not end the line");
      continue;
    }
    if (*p_ != '\n') break;
    ++p_;
    ++line_;
    line_start_ = p_;
  }
  is_first_row_ = !any_row_;
  any_row_ = row_begins_ = true;
  return true;
}

bool CsvScanner::next_field() {
  if (row_begins_) {
    row_begins_ = false;
  } else {
    field_ = p_;
    if (p_ == end_ || *p_ != separator_) return false;
    ++p_;
  }
  field_ = p_;
  return true;
}

void CsvScanner::count_lines(std::string_view text) {
  for (const char& c : text) {
    if (c != '\n') continue;
    ++line_;
    line_start_ = &c + 1;
  }
}

std::string CsvScanner::text() {
  field_ = p_;
  std::string text;
  if (p_ == end_ || *p_ != '"') {
    while (!at_field_end(p_)) ++p_;
    text.assign(field_, p_);
    if (text.find('"') != std::string::npos) fail("a quote inside a field that does not begin with one");
  } else {
    for (++p_;; ++p_) {
      if (p_ == end_) fail("the quoted field that begins here does not end");
      if (*p_ == '"' && (++p_ == end_ || *p_ != '"')) break;
      text.push_back(*p_);
    }
    if (!at_field_end(p_)) fail("text after the closing quote of a field");
  }
  if (find_invalid_utf8(text) != std::string_view::npos) fail("is not valid UTF-8");
  count_lines(raw());
  return text;
}

double CsvScanner::number() {
  const char* p = p_;
  while (p != end_ && is_csv_blank(*p) && *p != separator_) ++p;
  double value = 0;
  const char* after = end_ - p > plain_decimal_reach ? scan_plain_decimal(p, value) : nullptr;
  if (after == nullptr) after = scan_decimal(p, end_, value);
  if (after == nullptr || !at_field_end(after)) return other_number();
  field_ = p_;
  p_ = after;
  if (std::isinf(value)) fail(printable(raw().substr(0, 40)) + " is outside float64");
  return value;
}

double CsvScanner::other_number() {
  const std::string field = text();
  if (field.find_first_not_of(" \t") == std::string::npos) fail("is empty where a number is expected");
  if (const std::optional<double> value = csv_number(field)) {
    if (std::isinf(*value) && field.find_first_of("0123456789") != std::string::npos)
      fail(printable(std::string_view(field).substr(0, 40)) + " is outside float64");
    return *value;
  }
  fail("'" + printable(std::string_view(field).substr(0, 40)) + "' is not a number" + separator_advice(field));
}

std::string CsvScanner::separator_advice(std::string_view field) const {
  const std::string_view rest(line_start_, static_cast<std::size_t>(end_ - line_start_));
  CsvField found{.text = field, .line = first_line(rest), .first_line = first_line(file_.bytes())};
  if (is_first_row_) found.below_first = first_line(rest.substr(std::min(rest.find('\n'), rest.size() - 1) + 1));
  return io::separator_advice(found, separator_);
}

}  // namespace attn::io
