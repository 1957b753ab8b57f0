// Small JSON objects of a checkpoint, such as config.json: members by name, with errors that have their place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/file_bytes.hpp"

namespace attn::io {

/// A JSON object. Members that are missing or null are none; those of another type than asked for are an Error (data,
/// at their pointer).
class Config {
 public:
  /// Without members.
  Config() = default;
  static Config read(const FileBytes& file);
  /// The file of that name in a folder; without members if there is none.
  static Config in(const std::string& folder, const char* name);
  /// The object that a part of a file is: JSON that has been checked, and its place in the file.
  static Config of(std::string_view json, std::string where);

  /// `config.json#/rope_scaling`: the place of a member.
  std::string where(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Whether the member is there and null.
  bool is_null(std::string_view name) const;
  bool is_text(std::string_view name) const;
  bool is_number(std::string_view name) const;
  bool is_list(std::string_view name) const;
  bool is_object(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<bool> truth(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  /// As the file has it, but a string without its quotes.
  std::optional<std::string> written(std::string_view name) const;
  std::optional<std::vector<std::string>> texts(std::string_view name) const;
  std::optional<std::vector<double>> numbers(std::string_view name) const;
  std::optional<Config> object(std::string_view name) const;
  std::optional<std::vector<Config>> objects(std::string_view name) const;
  /// A list as an object, whose members are named 0, 1, ….
  std::optional<Config> elements(std::string_view name) const;
  /// The names of all members.
  std::vector<std::string> names() const;
  /// The place of the object itself.
  const std::string& place() const { return where_; }

 private:
  struct Value;
  Config(std::shared_ptr<const Value> value, std::string where) : value_(std::move(value)), where_(std::move(where)) {}

  std::shared_ptr<const Value> value_;  ///< none: no members
  std::string where_;                   ///< of the object: `config.json#`
};

}  // namespace attn::io
