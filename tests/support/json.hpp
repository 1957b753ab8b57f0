// JSON in tests: its parser and its text are compiled once, in json.cpp, and not in every file that compares a member.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.hpp"

extern template class nlohmann::basic_json<>;
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace attn::test {

/// Members in the order of the text.
using Json = nlohmann::ordered_json;

Json parsed_json(const std::string& text);
Json parsed_json(std::istream& text);
Json parsed_json(std::istream&& text);
/// The file's; throws std::runtime_error if it cannot be opened.
Json read_json(const std::string& path);

}  // namespace attn::test

/// What a failed check prints.
template <>
struct Catch::StringMaker<nlohmann::json> {
  static std::string convert(const nlohmann::json& value);
};
template <>
struct Catch::StringMaker<nlohmann::ordered_json> {
  static std::string convert(const nlohmann::ordered_json& value);
};
