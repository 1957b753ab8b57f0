// The files of a checkpoint: one archive or several shards under one index, and config.json beside them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attn/archive.hpp"
#include "io/arrays/archives.hpp"
#include "io/json/config.hpp"

namespace attn::io {

class CheckpointFiles {
 public:
  /// A .safetensors or .npz file, a `.safetensors.index.json`, or the folder that has one of them. Shards are opened
  /// when a tensor of theirs is asked for. Throws Error (data) for what is none of these or damaged.
  CheckpointFiles(const std::string& path, const ReadOptions& options);

  /// The file that was opened: in a folder, the one that was found there.
  const std::string& name() const { return name_; }
  /// Every tensor, in the file's order (of an index: sorted).
  const std::vector<std::string>& names() const { return names_; }
  bool contains(const std::string& tensor) const { return shard_of_.contains(tensor); }
  /// For messages: `model.safetensors#/h.0.attn.c_attn.weight`.
  std::string where(const std::string& tensor) const;
  Archive::Entry entry(const std::string& tensor) const;
  /// As the run's dtype. Throws Error (data) for elements that are no floating-point numbers: quantised weights.
  Tensor read(const std::string& tensor, MemoryBudget& budget) const;
  /// The same of some rows of the first axis, one after the other as (rows, elements of a row); each must be there. Of
  /// a file that is mapped, no other row is touched.
  Tensor read_rows(const std::string& tensor, std::span<const std::int64_t> rows, MemoryBudget& budget) const;

  /// A tensor as it is stored, where the file has its elements as they are: nothing is read. None elsewhere.
  std::optional<RawArray> as_stored(const std::string& tensor) const;

  /// config.json as it is read, if there is one.
  const std::optional<Config>& config() const { return config_; }

 private:
  void open_index(const FileBytes& file);
  RawArray raw(const std::string& tensor, MemoryBudget& budget) const;
  const ArrayFile& archive_of(const std::string& tensor) const;

  std::string name_, folder_;
  ReadOptions options_;
  std::vector<std::string> names_;
  bool indexed_ = false;
  std::map<std::string, std::string> shard_of_;  ///< tensor → file
  mutable std::map<std::string, std::unique_ptr<ArrayFile>> archives_;
  std::optional<Config> config_;
};

}  // namespace attn::io
