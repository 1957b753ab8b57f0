// The pull reader: tokens, nesting, places.
#include "io/json/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "core/clipped.hpp"
#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "io/files/encoding.hpp"
#include "io/json/text.hpp"
#include "io/numbers/decimal.hpp"

namespace attn::io {
namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t longest_word = 8;  // infinity
constexpr std::size_t longest_step = 200;

std::string kind_name(JsonReader::Kind kind) {
  switch (kind) {
    case JsonReader::Kind::object: return "an object";
    case JsonReader::Kind::array: return "a list";
    case JsonReader::Kind::string: return "a string";
    case JsonReader::Kind::number: return "a number";
    case JsonReader::Kind::boolean: return "true or false";
    case JsonReader::Kind::null: return "null";
  }
  return "";
}

// What Python's json writes, which is its JavaScript.
std::optional<double> value_of_word(std::string_view word) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (word == "Infinity") return infinity;
  if (word == "-Infinity") return -infinity;
  return std::nullopt;
}

}  // namespace

std::string pointer_step(std::string_view name) {
  std::string step = "/";
  for (const char c : name) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step.push_back(c);
    }
  }
  return clipped(printable(step), longest_step);
}

JsonReader::JsonReader(FileBytes file, bool nan)
    : file_(std::move(file)),
      start_(file_.bytes().data()),
      position_(start_),
      end_(start_ + file_.bytes().size()),
      nan_(nan) {
  refuse_wide_encodings(file_);
  if (file_.bytes().starts_with(byte_order_mark))
    syntax_error(start_, "begins with a byte order mark, which JSON must not have (RFC 8259, section 8.1)");
  skip_space();
  if (position_ == end_) throw data_error(file_.place(), "is empty; a JSON value is expected");
}

void JsonReader::skip_space() {
  while (position_ != end_ && is_json_space(*position_)) ++position_;
}

std::string JsonReader::here() const {
  std::string place = file_.place() + "#";
  for (const Level& level : levels_) {
    if (level.begun) place += pointer_step(level.object ? level.name : std::to_string(level.index));
  }
  return place;
}

void JsonReader::syntax_error(const char* position, const std::string& message) const {
  std::size_t line = file_.first_line(), column = 1;
  for (const char* p = start_; p != position; ++p) {
    if (*p == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(*p) & 0xC0U) != 0x80) {
      ++column;
    }
  }
  throw data_error(file_.name() + ":" + std::to_string(line) + ":" + std::to_string(column), message);
}

JsonReader::Kind JsonReader::peek() {
  skip_space();
  if (position_ == end_) syntax_error(position_, "the text ends where a value is expected");
  if (const std::string_view word = word_for_number(); !word.empty()) {
    if (nan_ && value_of_word(word)) return Kind::number;
    refuse_word(word);
  }
  switch (*position_) {
    case '{': return Kind::object;
    case '[': return Kind::array;
    case '"': return Kind::string;
    case 't':
    case 'f': return Kind::boolean;
    case 'n': return Kind::null;
    case '+': syntax_error(position_, "'+' begins no value; JSON writes 1 for +1");
    default: break;
  }
  if (*position_ == '-' || decimal::is_digit(*position_)) return Kind::number;
  syntax_error(position_, shown_byte(*position_) + " where a value is expected");
}

// A word that other programs write for a number: nan, -Infinity and the like, in any case; or nothing.
std::string_view JsonReader::word_for_number() const {
  if (std::string_view("nNiI+-").find(*position_) == std::string_view::npos) return {};
  const bool has_sign = *position_ == '-' || *position_ == '+';
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const char* const begin = position_ + (has_sign ? 1 : 0);
  const char* stop = begin;
  while (stop != end_ && is_letter(*stop) && stop - begin <= std::ptrdiff_t{longest_word}) ++stop;
  std::string lower(begin, stop);
  for (char& c : lower) c = static_cast<char>(c | 0x20);
  if (lower != "nan" && lower != "inf" && lower != "infinity") return {};
  return {position_, static_cast<std::size_t>(stop - position_)};
}

void JsonReader::refuse_word(std::string_view word) const {
  const bool is_nan = (word.back() | 0x20) == 'n', negative = word.front() == '-';
  const std::string_view python = is_nan ? "NaN" : negative ? "-Infinity" : "Infinity";
  syntax_error(position_, "'" + std::string(word) + "' is no number in JSON" +
                              (is_nan     ? ", and null stands for it in results"
                               : negative ? ", and null stands for it in 'bias'"
                                          : "") +
                              "; " + option_name("json_nan") + " reads " + std::string(python) +
                              ", as Python's json writes it");
}

void JsonReader::unexpected(const std::string& wanted) {
  throw data_error(here(), kind_name(peek()) + " where " + wanted + " is expected");
}

void JsonReader::expect_kind(Kind kind, const std::string& wanted) {
  if (peek() != kind) unexpected(wanted);
}

void JsonReader::push(bool object) {
  if (levels_.size() == deepest) syntax_error(position_, "nested deeper than " + std::to_string(deepest) + " levels");
  ++position_;
  levels_.emplace_back().object = object;
}

// Moves over the comma before the next one; false, and one level up, at the end.
bool JsonReader::next_in(Level& level, char close) {
  skip_space();
  if (position_ == end_) syntax_error(position_, std::string("the text ends where ',' or '") + close + "' is expected");
  if (*position_ == close) {
    ++position_;
    levels_.pop_back();
    return false;
  }
  if (level.begun) {
    if (*position_ != ',') {
      syntax_error(position_, shown_byte(*position_) + " where ',' or '" + close + "' is expected");
    }
    ++position_;
    skip_space();
    if (position_ != end_ && *position_ == close) syntax_error(position_, "a trailing comma");
  }
  return true;
}

void JsonReader::begin_object() {
  expect_kind(Kind::object, "an object");
  push(true);
}

bool JsonReader::next_member(std::string& name) {
  Level& level = levels_.back();
  if (!next_in(level, '}')) return false;
  name = unescape_json(scan_name());
  level.begun = true;
  level.name = name;
  if (!level.names.insert(name).second) throw data_error(here(), "there are two members of this name");
  return true;
}

bool JsonReader::next_key(std::string_view& name) {
  Level& level = levels_.back();
  if (!next_in(level, '}')) return false;
  name = unescaped(scan_name());
  level.begun = true;
  level.name = name;
  return true;
}

// A member's name as it is written, and the colon behind it.
std::string_view JsonReader::scan_name() {
  if (position_ == end_ || *position_ != '"') syntax_error(position_, "a member's name in quotes is expected");
  const std::string_view name = scan_string();
  skip_space();
  if (position_ == end_ || *position_ != ':') syntax_error(position_, "':' is expected after a member's name");
  ++position_;
  return name;
}

// The text without its escapes: itself, or a copy.
std::string_view JsonReader::unescaped(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  scratch_ = unescape_json(raw);
  return scratch_;
}

void JsonReader::begin_array() {
  expect_kind(Kind::array, "a list");
  push(false);
}

bool JsonReader::next_element() {
  Level& level = levels_.back();
  if (!next_in(level, ']')) return false;
  if (level.begun) ++level.index;
  level.begun = true;
  return true;
}

std::string JsonReader::read_string() {
  expect_kind(Kind::string, "a string");
  return unescape_json(scan_string());
}

std::string_view JsonReader::scan_number(double& value) {
  const char* const first = position_;
  if (nan_) {
    const std::string_view word = word_for_number();
    if (const std::optional<double> number = value_of_word(word)) {
      value = *number;
      position_ += word.size();
      return word;
    }
  }
  const char* const last = scan_decimal(first, end_, value);
  if (last == nullptr) syntax_error(first, "is not a number as JSON writes it, such as -1.5e3");
  if (*(last - 1) == '0' && last != end_ && decimal::is_digit(*last)) {
    syntax_error(first, "a number must not begin with 0");
  }
  const std::string_view text(first, static_cast<std::size_t>(last - first));
  if (std::isinf(value)) throw data_error(here(), "is outside float64, which ends at 1.7976931348623157e308");
  position_ = last;
  return text;
}

std::string_view JsonReader::read_view() {
  expect_kind(Kind::string, "a string");
  return unescaped(scan_string());
}

double JsonReader::read_number() {
  expect_kind(Kind::number, "a number");
  double value = 0;
  scan_number(value);
  return value;
}

std::int64_t JsonReader::read_integer() {
  expect_kind(Kind::number, "an integer");
  double value = 0;
  const std::string_view text = scan_number(value);
  std::int64_t integer = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (error == std::errc() && stop == text.data() + text.size()) return integer;
  if (std::trunc(value) != value) throw data_error(here(), std::string(text.substr(0, 40)) + " is not an integer");
  if (std::abs(value) > static_cast<double>(decimal::most_exact))
    throw data_error(here(), std::string(text.substr(0, 40)) + " is too large for an integer");
  return static_cast<std::int64_t>(value);
}

std::uint64_t JsonReader::read_size() {
  expect_kind(Kind::number, "a whole number");
  double value = 0;
  const std::string_view text = scan_number(value);
  std::uint64_t size = 0;
  if (text.front() == '-') throw data_error(here(), "is negative");
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  const std::string shown(text.substr(0, 40));
  if (stop != text.data() + text.size()) throw data_error(here(), shown + " is not written in digits alone");
  if (error != std::errc()) throw data_error(here(), shown + " is too large for an integer");
  return size;
}

void JsonReader::expect_word(std::string_view word) {
  if (std::string_view(position_, static_cast<std::size_t>(end_ - position_)).starts_with(word)) {
    position_ += word.size();
  } else {
    syntax_error(position_, "is not a value; '" + std::string(word) + "' may be meant");
  }
}

bool JsonReader::read_boolean() {
  expect_kind(Kind::boolean, "true or false");
  const bool truth = *position_ == 't';
  expect_word(truth ? "true" : "false");
  return truth;
}

void JsonReader::read_null() {
  expect_kind(Kind::null, "null");
  expect_word("null");
}

void JsonReader::skip() { copy_value(nullptr); }

std::string JsonReader::compact() {
  std::string text;
  copy_value(&text);
  return text;
}

// Recursion ends where `push` refuses to go deeper.
void JsonReader::copy_value(std::string* text) {
  const Kind kind = peek();
  const char* const first = position_;
  std::string name;
  double number = 0;
  char before = '\0';
  switch (kind) {
    case Kind::object:
      begin_object();
      for (before = '{'; next_member(name); before = ',') {
        if (text != nullptr) {
          text->push_back(before);
          append_json_string(*text, name);
          text->push_back(':');
        }
        copy_value(text);
      }
      if (text != nullptr) text->append(before == '{' ? "{}" : "}");
      return;
    case Kind::array:
      begin_array();
      for (before = '['; next_element(); before = ',') {
        if (text != nullptr) text->push_back(before);
        copy_value(text);
      }
      if (text != nullptr) text->append(before == '[' ? "[]" : "]");
      return;
    case Kind::string: scan_string(); break;
    case Kind::number:
      scan_number(number);
      if (std::isfinite(number)) break;
      if (text != nullptr) text->append("null");
      return;
    case Kind::boolean: read_boolean(); break;
    case Kind::null: read_null(); break;
  }
  if (text != nullptr) text->append(first, position_);
}

void JsonReader::finish() {
  skip_space();
  if (position_ != end_) syntax_error(position_, shown_byte(*position_) + " after the end of the value");
}

}  // namespace attn::io
