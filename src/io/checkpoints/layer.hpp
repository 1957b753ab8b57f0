// One attention layer of a checkpoint: its tensors checked against config.json, then read.
#pragma once

#include <set>

#include "attn/checkpoint.hpp"
#include "io/checkpoints/files.hpp"
#include "io/checkpoints/names.hpp"

namespace attn::io {

/// Of a number of config.json that is known not to be negative.
inline std::size_t size_of(std::int64_t number) { return static_cast<std::size_t>(number); }

/// See Checkpoint::plan and Checkpoint::read. layer.cpp finds names and conventions, shapes.cpp checks shapes,
/// tensors.cpp reads numbers; latent.cpp does all of it for multi-head latent attention.
class LayerReader {
 public:
  /// Checks names and shapes; no tensor is read.
  LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice);
  /// Of a layer that has been chosen.
  LayerReader(const CheckpointFiles& files, const CheckpointChoice& choice, ChosenLayer chosen);

  const AttentionLayer& layer() const { return layer_; }
  AttentionLayer release() { return std::move(layer_); }
  AttentionLayer read(std::uint64_t max_memory, bool norm);

 private:
  std::string path(std::string_view tensor) const { return attention_ + std::string(tensor); }
  /// The weight or the bias of the norm of the input.
  std::string norm_tensor(std::string_view suffix) const;
  Shape shape(const std::string& tensor) const;
  bool need(const std::string& tensor, bool required);

  void find_tensors();
  void find_input_norm();
  void need_bias(std::string_view part, bool required);
  void find_qk_norm();
  void check_qk_norm();
  void find_latent_tensors();
  void find_latent_heads();
  void read_latent();
  void find_torch_tensors();
  void find_document_tensors();
  void find_unused(const CheckpointChoice& choice);
  void find_heads(const CheckpointChoice& choice);
  std::optional<std::int64_t> heads_by_tensors() const;
  std::optional<std::int64_t> config_number(std::string_view name) const;
  std::optional<std::int64_t> heads_in_config() const;
  void check_flag(const char* option, std::optional<std::int64_t> given, std::optional<std::int64_t> there,
                  std::string_view member) const;
  void check_widths() const;
  void check(const std::string& tensor, const Shape& expected) const;
  void expect(const std::string& tensor, const Shape& expected) const;
  void check_input_norm(std::size_t width) const;
  void find_conventions();

  Tensor tensor(const std::string& name);
  std::vector<double> numbers(const std::string& name, double add = 0);
  void add(const std::string& name, const std::string& stored);
  void add_bias(const std::string& name, std::string_view part);
  void read_qk_norm(const std::string& name, std::string_view stored, std::size_t heads);
  void read_projections();
  void read_fused(const std::string& suffix);
  InputNorm read_norm();

  const CheckpointFiles& files_;
  ChosenLayer chosen_;
  const Architecture& row_;
  std::optional<Config> config_;
  std::optional<std::int64_t> stored_;  ///< the number that the names have
  std::string attention_;               ///< with this number
  bool is_of_row_ = false;              ///< config.json is of a model of this architecture
  bool takes_biases_ = false;           ///< those that need not be there
  std::set<std::string_view> biased_;   ///< the projections with a bias
  Norm norm_kind_ = Norm::rms;          ///< of the input's
  std::string bias_table_;
  std::string norm_name_;  ///< of the input's, the one that is there of the row's
  std::int64_t latent_rank_ = 0, value_dim_ = 0, rope_columns_ = 0;  ///< of multi-head latent attention
  AttentionLayer layer_;
  MemoryBudget budget_{0};
};

}  // namespace attn::io
