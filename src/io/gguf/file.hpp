// GGUF files: metadata by keys, and tensors, none of which is decoded here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/file_bytes.hpp"
#include "attn/tensor.hpp"
#include "io/gguf/types.hpp"

namespace attn::io {

/// The types of metadata, by the numbers that files have.
enum class GgufKind : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  text = 8,
  list = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12,
};

/// A value of the metadata as the file has it.
struct GgufValue {
  GgufKind kind = GgufKind::u8;  ///< of a list, that of its elements
  bool is_list = false;
  std::uint64_t count = 1;
  std::string_view bytes;  ///< of a text, without its length
};

struct GgufTensor {
  const GgufType* type = nullptr;
  Shape shape;  ///< the last axis is the one whose elements lie side by side
  std::string_view bytes;
};

/// A GGUF file of version 2 or 3, little-endian, that has been checked whole: every key, every tensor's place.
class GgufFile {
 public:
  /// Whether the bytes begin as a GGUF file does, of any version and byte order.
  static bool is_gguf(std::string_view bytes);
  /// The same of the file at a path; false if there is none. Throws Error (data) if it cannot be read.
  static bool is_at(const std::string& path);
  /// Throws Error (data) for what breaks a rule of the format.
  static GgufFile read(const FileBytes& file);

  const std::string& name() const { return name_; }
  /// For messages: `model.gguf#/general.architecture`, also of tensors.
  std::string where(std::string_view key) const;
  /// In the file's order.
  const std::vector<std::string>& tensor_names() const { return names_; }
  const std::map<std::string, GgufTensor, std::less<>>& tensors() const { return tensors_; }
  /// Keeps the bytes of tensors alive.
  const std::shared_ptr<const void>& owner() const { return owner_; }

  /// Keys in the file's order.
  const std::vector<std::string>& keys() const { return keys_; }
  bool has(std::string_view key) const { return values_.find(key) != values_.end(); }
  bool is_list(std::string_view key) const;
  // None if there is no such key; Error (data, at the key) for a value of another type.
  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<bool> truth(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::vector<std::string_view>> texts(std::string_view key) const;
  std::optional<std::vector<double>> numbers(std::string_view key) const;

 private:
  friend class GgufReader;
  const GgufValue* find(std::string_view key) const;

  std::string name_;
  std::shared_ptr<const void> owner_;
  std::vector<std::string> names_, keys_;
  std::map<std::string, GgufTensor, std::less<>> tensors_;
  std::map<std::string, GgufValue, std::less<>> values_;
};

}  // namespace attn::io
