// config.json of a checkpoint: its members by name, with errors that have their place.
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
  static Config read(const FileBytes& file);

  /// `config.json#/rope_scaling`: the place of a member.
  std::string where(std::string_view name) const;
  bool has(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<bool> truth(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::optional<std::vector<std::string>> texts(std::string_view name) const;
  std::optional<std::vector<double>> numbers(std::string_view name) const;
  std::optional<Config> object(std::string_view name) const;

 private:
  struct Value;
  Config(std::shared_ptr<const Value> value, std::string where) : value_(std::move(value)), where_(std::move(where)) {}

  std::shared_ptr<const Value> value_;
  std::string where_;  ///< of the object: `config.json#`
};

}  // namespace attn::io
