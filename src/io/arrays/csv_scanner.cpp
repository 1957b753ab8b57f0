// Fields, quotes, line ends and numbers of CSV.
#include "io/arrays/csv_scanner.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/files/encoding.hpp"
#include "io/numbers/plain_decimal.hpp"

namespace attn::io {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
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
  row_begins_ = true;
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
  while (p != end_ && is_blank(*p) && *p != separator_) ++p;
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
  std::string_view digits = trim(field);
  if (digits.empty()) fail("is empty where a number is expected");
  if (digits.size() > 1 && digits[0] == '+' && digits[1] != '-') digits.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = stop == digits.data() + digits.size();
  if (whole && error == std::errc()) return value;
  if (whole && error == std::errc::result_out_of_range) {
    value = round_decimal(digits.data(), stop);
    if (std::isinf(value)) fail(printable(digits.substr(0, 40)) + " is outside float64");
    return value;
  }
  std::string shown = "'";
  shown += printable(std::string_view(field).substr(0, 40));
  shown += "' is not a number";
  if (field.find(';') != std::string::npos)
    fail(shown + "; fields are separated by " + (separator_ == ',' ? "','" : "tabs"));
  if (field.find('\t') != std::string::npos) fail(shown + "; a file with tabs is named .tsv");
  fail(shown);
}

}  // namespace attn::io
