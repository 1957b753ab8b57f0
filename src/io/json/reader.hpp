// JsonReader: a strict pull reader of RFC 8259 that knows where it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "attn/error.hpp"
#include "attn/file_bytes.hpp"

namespace attn::io {

/// Reads one JSON text piece by piece. Syntax errors are placed by line and column (`in.json:3:14`, both from 1, the
/// column in characters), errors in what is said by a JSON pointer (`in.json#/query/2`).
///
/// Stricter than RFC 8259 where that leaves a choice: member names are unique, text is valid UTF-8 without a byte
/// order mark, escapes are whole code points, nesting goes 64 deep.
class JsonReader {
 public:
  enum class Kind { object, array, string, number, boolean, null };

  /// `nan`: NaN, Infinity and -Infinity are numbers. Throws Error (data) for a text without any value.
  explicit JsonReader(FileBytes file, bool nan = false);

  /// The kind of the value that comes next.
  Kind peek();
  void begin_object();
  /// Moves to the next member and gives its name; false at the object's end, which is consumed.
  bool next_member(std::string& name);
  /// The same, for objects of very many members: whether their names are unique is the caller's affair. The name lives
  /// until the next call of this or of `read_view`.
  bool next_key(std::string_view& name);
  void begin_array();
  /// Moves to the next element; false at the array's end, which is consumed.
  bool next_element();

  std::string read_string();
  /// The same, until the next call of this or of `next_key`.
  std::string_view read_view();
  double read_number();
  /// A number without a fraction (`4`, `4.0`, `4e0`) that fits.
  std::int64_t read_integer();
  /// The same, of 0 or more, and in digits alone.
  std::uint64_t read_size();
  bool read_boolean();
  void read_null();
  /// Passes over a value, checking it like any other.
  void skip();
  /// A value as it is written, without the white space between its tokens; null for NaN and infinities.
  std::string compact();
  /// Requires that nothing but white space follows.
  void finish();

  /// `in.json#/query/2`: the value that is being read.
  std::string here() const;
  /// Throws the error that there is something else than `wanted`.
  [[noreturn]] void unexpected(const std::string& wanted);
  /// Throws a syntax error at `position`.
  [[noreturn]] void syntax_error(const char* position, const std::string& message) const;

  // For readers of large arrays, which walk over the bytes themselves.
  const char* position() const { return position_; }
  const char* end() const { return end_; }
  void set_position(const char* position) { position_ = position; }
  const FileBytes& file() const { return file_; }

 private:
  struct Level {
    bool object = false;
    bool begun = false;
    std::size_t index = 0;
    std::string name;
    std::unordered_set<std::string> names;
  };

  void skip_space();
  void push(bool object);
  bool next_in(Level& level, char close);
  std::string_view scan_string();
  std::string_view scan_name();
  std::string_view unescaped(std::string_view raw);
  const char* scan_escape(const char* p) const;
  std::string_view scan_number(double& value);
  std::string_view word_for_number() const;
  [[noreturn]] void refuse_word(std::string_view word) const;
  void expect_kind(Kind kind, const std::string& wanted);
  void expect_word(std::string_view word);
  void copy_value(std::string* text);

  FileBytes file_;
  const char* start_;
  const char* position_;
  const char* end_;
  std::vector<Level> levels_;
  std::string scratch_;
  bool nan_;
};

/// A member's name or an index as one step of a JSON pointer (RFC 6901).
std::string pointer_step(std::string_view name);

}  // namespace attn::io
