// Errors: one exception type with a kind and a place.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace attn {

/// What went wrong, as far as a caller has to tell: the command line maps each kind to an exit code.
enum class ErrorKind {
  data,      ///< bad data, or a file that cannot be read or written (exit code 1)
  usage,     ///< wrong options or values of options (exit code 2)
  mismatch,  ///< an expectation that was not met (exit code 3)
};

/// The only exception that attn throws on purpose.
///
/// `where()` is a file with a JSON pointer (`in.json#/query/2`), a file with line and column
/// (`in.csv:3:14`), or the name of an option in
/// backticks ("`query_range`"); it is empty where there is no place to name. The text names options likewise.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string where, const std::string& message)
      : std::runtime_error(message), kind_(kind), where_(std::move(where)) {}

  ErrorKind kind() const noexcept { return kind_; }
  const std::string& where() const noexcept { return where_; }

 private:
  ErrorKind kind_;
  std::string where_;
};

/// Bad data at a place: `throw data_error("in.json#/query", "is ragged")`.
inline Error data_error(std::string where, const std::string& message) {
  return Error(ErrorKind::data, std::move(where), message);
}

/// Wrong usage of an option.
inline Error usage_error(std::string where, const std::string& message) {
  return Error(ErrorKind::usage, std::move(where), message);
}

}  // namespace attn
