// What the value of a flag is: how --help writes it, and what a shell may propose for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace attn::cli {

struct ValueType {
  enum class Kind {
    any,     ///< numbers and texts, for which there is nothing to propose
    choice,  ///< one of `names`
    list,    ///< some of `names`, separated by commas
    file,    ///< a file whose name ends with one of `names`, or any if there are none
    output,  ///< the same to be written, after the name of a tensor where the text begins with "[TENSOR=]"
    mask,    ///< an expression of the mask language
    layer,   ///< a layer of the checkpoint that --weights names
  };

  std::string text;  ///< "N", "FILE", "keep|drop"
  Kind kind = Kind::any;
  std::vector<std::string> names = {};
  bool takes_dash = false;  ///< "-" is standard input, or output

  /// What the text says by itself: words in small letters between bars are a choice, and FILE is any file.
  ValueType(const char* written);  // NOLINT(google-explicit-constructor): most are texts
  ValueType(const std::string& written) : ValueType(written.c_str()) {}  // NOLINT(google-explicit-constructor)
  ValueType(std::string written, Kind of, std::vector<std::string> with)
      : text(std::move(written)), kind(of), names(std::move(with)) {}
};

/// Names of a table, by the member that has them or as they are.
template <class Rows, class Name>
std::vector<std::string> names_of(const Rows& rows, Name name) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.emplace_back(std::invoke(name, row));
  return names;
}
template <class Rows>
std::vector<std::string> names_of(const Rows& rows) {
  return {rows.begin(), rows.end()};
}

inline ValueType one_of(std::string text, std::vector<std::string> names) {
  return {std::move(text), ValueType::Kind::choice, std::move(names)};
}
inline ValueType list_of(std::string text, std::vector<std::string> names) {
  return {std::move(text), ValueType::Kind::list, std::move(names)};
}
/// `endings`: ".npy", in small letters.
inline ValueType file_of(std::string text, std::vector<std::string> endings) {
  return {std::move(text), ValueType::Kind::file, std::move(endings)};
}
/// The same where "-" is standard input.
inline ValueType input_of(std::string text, std::vector<std::string> endings) {
  ValueType type = file_of(std::move(text), std::move(endings));
  type.takes_dash = true;
  return type;
}

}  // namespace attn::cli
