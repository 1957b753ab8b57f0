// Number formats of annotations: a subset of Python's format mini-language.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace attn {

/// `[%][sign][0][width][,][.precision][type]`, with sign one of + and space, and type one of
/// d e E f F g G %. A leading `%`, as printf and older seaborn have it, changes nothing.
/// `d` rounds to the nearest integer, ties to even; no type and no precision is the shortest text
/// that reads back to the same number. See https://docs.python.org/3/library/string.html#formatspec.
class NumberFormat {
 public:
  /// Throws Error (usage, at `where`).
  static NumberFormat parse(std::string_view format, const std::string& where);

  /// The number as text, the same in every locale; `nan`, `inf` and `-inf` for what is not finite.
  std::string operator()(double value) const;

 private:
  std::string magnitude_text(double magnitude) const;

  char sign_ = '-';
  bool zero_filled_ = false;
  bool grouped_ = false;
  std::size_t width_ = 0;
  std::optional<int> precision_;
  char type_ = '\0';
};

}  // namespace attn
