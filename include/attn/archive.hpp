// Files of named arrays, which are decoded one by one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attn/file_bytes.hpp"
#include "attn/read_options.hpp"

namespace attn {

struct Format;

/// A file of named arrays (NPZ, safetensors): listed at once, decoded one by one; checkpoints are read so.
class Archive {
 public:
  struct Entry {
    std::string dtype;  ///< as the file spells it: `<f4`, `BF16`
    Shape shape;
  };

  virtual ~Archive() = default;
  /// Throws Error (data) for a file that breaks a rule of its format, (usage) for another format.
  static std::unique_ptr<Archive> open(const FileBytes& file, const Format& format, const ReadOptions& options);

  const std::string& name() const { return name_; }
  /// In the file's order.
  const std::vector<std::string>& names() const { return names_; }
  bool contains(std::string_view name) const;
  /// Throws Error (data) with the nearest names for an unknown one. May have to inflate an NPZ's member.
  virtual Entry entry(const std::string& name) const = 0;
  virtual Tensor read(const std::string& name, TensorKind kind, const ReadOptions& options) const = 0;
  /// Text stored beside the arrays (an NPZ's string arrays, safetensors' metadata); none if there is no such.
  virtual std::optional<std::vector<std::string>> texts(const std::string& name) const = 0;

 protected:
  Archive(std::string name, std::vector<std::string> names) : name_(std::move(name)), names_(std::move(names)) {}
  [[noreturn]] void unknown(const std::string& name) const;

  std::string name_;
  std::vector<std::string> names_;
};

}  // namespace attn
