// One attention layer of a checkpoint: its tensors checked against config.json, then read.
#pragma once

#include "attn/checkpoint.hpp"
#include "io/checkpoints/files.hpp"
#include "io/checkpoints/names.hpp"

namespace attn::io {

/// See Checkpoint::plan and Checkpoint::read. checkpoint_layer.cpp finds names and conventions, checkpoint_shapes.cpp
/// checks shapes, checkpoint_tensors.cpp reads numbers.
class LayerReader {
 public:
  /// Checks names and shapes; no tensor is read.
  LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice);
  /// Of a layer that has been chosen.
  LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice, ChosenLayer chosen);

  AttentionLayer release() { return std::move(layer_); }
  AttentionLayer read(std::uint64_t max_memory, bool norm);

 private:
  std::string path(std::string_view tensor) const { return attention_ + std::string(tensor); }
  std::string norm_path() const;
  std::string bias_of(std::string_view part) const;
  bool has_norm_bias() const;
  Shape shape(const std::string& tensor) const;
  bool need(const std::string& tensor, bool required);

  void find_tensors();
  void find_torch_tensors();
  void find_document_tensors();
  void find_unused();
  void find_heads(const CheckpointChoice& choice);
  std::optional<std::int64_t> heads_by_tensors() const;
  std::optional<std::int64_t> config_number(std::string_view name) const;
  void check_widths() const;
  void check(const std::string& tensor, const Shape& expected) const;
  void find_conventions();

  Tensor tensor(const std::string& name);
  std::vector<double> numbers(const std::string& name, double add = 0);
  void add(const std::string& name, const std::string& stored);
  void read_projections();
  void read_fused(const std::string& stored, const std::string& suffix);
  InputNorm read_norm();

  const CheckpointFiles& files_;
  ChosenLayer chosen_;
  const Architecture& row_;
  std::optional<Config> config_;
  std::optional<std::int64_t> stored_;  ///< the number that the names have
  std::string attention_;               ///< with this number
  std::string bias_table_;
  std::optional<bool> has_biases_;  ///< what config.json says of biases
  AttentionLayer layer_;
  MemoryBudget budget_{0};
};

}  // namespace attn::io
