// Checkpoints: the attention layers of stored models, found by the names of their tensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attn/archive.hpp"
#include "attn/document.hpp"
#include "attn/layer.hpp"
#include "attn/query_key.hpp"

namespace attn {

/// Which layer is meant, and what its config.json does not say or says otherwise.
struct CheckpointChoice {
  std::string architecture;           ///< a name of `architecture_names`, or a model_type; empty: by the names
  std::optional<std::string> prefix;  ///< what the names begin with, with or without the last dot
  std::optional<std::int64_t> layer;
  std::optional<std::int64_t> heads, kv_heads;
  bool decoder = false;  ///< of a model with an encoder and a decoder, the decoder
  bool cross = false;    ///< of a decoder, the attention to the encoder
  /// Tensors within the attention that may go unused: their names, or ends of them; `all`: any.
  std::vector<std::string> ignored;
};

/// Layers whose tensors bear the same names.
struct CheckpointGroup {
  std::string architecture;          ///< the row's name
  std::string models;                ///< that have such names
  std::string attention;             ///< where each layer's attention is, N for its number: "model.layers.N.self_attn."
  std::vector<std::int64_t> layers;  ///< ascending; empty where names have no number
  bool attends_to_encoder = false;   ///< each layer has another attention, to an encoder
};

/// What multi-head latent attention makes of its input before the projections (DeepSeek-V2, arXiv:2405.04434): a
/// narrow, normed vector of each token for the queries, and one for keys and values, with columns beside it that RoPE
/// turns and all heads share. Weights are (out, in); biases without elements: none.
struct LatentVectors {
  SourcedTensor query_down, query_bias;  ///< no elements: queries are projected from the input itself
  InputNorm query_norm;
  SourcedTensor down, bias;  ///< (rank + shared columns, in)
  InputNorm norm;            ///< of the first `rank` columns
};

/// One attention layer: what its architecture says, and after `read` its numbers.
struct AttentionLayer {
  std::string source;        ///< the checkpoint's file
  std::string architecture;  ///< the row's name
  std::optional<std::int64_t> number;
  /// Names in the checkpoint, of all that belongs to the layer.
  std::vector<std::string> tensors;
  /// Tensors beside them that attn does not use, though it knows of no reason, and those of them that may go unused.
  std::vector<std::string> unused, ignored;
  std::string warning;  ///< what makes it doubtful that the numbers are the model's; empty: nothing
  bool has_config = false;

  std::optional<std::int64_t> heads, kv_heads, head_dim;
  bool is_cross = false;   ///< a decoder's attention to its encoder
  bool has_cross = false;  ///< of an encoder or a decoder, to itself, where decoders attend to encoders too
  bool causal = false;
  std::optional<std::int64_t> window;  ///< keys that a query sees, itself included, not counting those after it
  bool window_on_both_sides = false;   ///< it sees as many after it as before it
  std::optional<std::int64_t> chunk;   ///< keys of a chunk: a query sees only those of its own
  std::optional<double> scale;         ///< none: 1/√head_dim
  double softcap = 0;
  bool rotary = false;
  std::optional<RopeRule> rope;  ///< none though rotary: there is no config.json to say it
  std::optional<double> clip;    ///< projected queries, keys and values are held within ±clip
  bool has_norm = false;         ///< of the input, before attention
  double epsilon = 0;            ///< of all norms
  QkNorm qk_norm;                ///< its kind, if `has_qk_norm`; its weights are among the projections
  bool has_qk_norm = false, has_sinks = false, has_relative_bias = false;
  bool has_alibi = false, has_value_norm = false, is_latent = false;
  std::vector<double> alibi_slopes;  ///< empty: the paper's
  std::optional<QueryTemperature> temperature;

  // The numbers, as `read` gives them.
  std::map<std::string, SourcedTensor> projections;  ///< by the names that documents have
  std::vector<double> sinks;                         ///< (heads)
  std::optional<RelativeBias> relative_bias;
  std::optional<InputNorm> norm;
  std::optional<LatentVectors> latent;  ///< the projections are of its vectors then, see `narrow_operands`
};

/// A stored model. Only the tensors of the layer that is asked for are read.
class Checkpoint {
 public:
  /// A .safetensors or .npz file, a .safetensors.index.json, or a folder with one of them, with a config.json beside
  /// it; or a GGUF file, whose tensors have the names that transformers gives them. Throws Error (data).
  static Checkpoint open(const std::string& path, const ReadOptions& options);
  /// The GGUF file that is at the path: it, or that of a folder without another checkpoint.
  static std::optional<std::string> gguf_at(const std::string& path);
  ~Checkpoint();
  Checkpoint(Checkpoint&&) noexcept;
  Checkpoint& operator=(Checkpoint&&) noexcept;

  /// The file's name.
  const std::string& name() const;
  /// Every tensor, and how it is stored.
  std::vector<std::string> names() const;
  Archive::Entry entry(const std::string& tensor) const;
  /// What the file itself calls it: tensors of GGUF files have other names there.
  std::string stored_name(const std::string& tensor) const;

  /// All layers that the choice leaves; none if no names are recognised. Throws Error (usage) for an unknown
  /// architecture.
  std::vector<CheckpointGroup> groups(const CheckpointChoice& choice) const;
  /// What is known of a layer without its numbers. Throws Error (data) where tensors are missing or do not fit
  /// config.json, and for what attn does not support; (usage) where the choice is not of one layer.
  AttentionLayer plan(const CheckpointChoice& choice) const;
  /// The layer with its numbers; `norm`: that of the input too.
  AttentionLayer read(const CheckpointChoice& choice, bool norm) const;

 private:
  struct State;
  explicit Checkpoint(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One row of the table of architectures.
struct ArchitectureInfo {
  std::string_view name;
  std::string_view models;
};
std::vector<ArchitectureInfo> known_architectures();

}  // namespace attn
