// Whole models: from the ids of a text to the attention of every layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attn/attention.hpp"
#include "attn/checkpoint.hpp"
#include "attn/document.hpp"
#include "attn/image.hpp"
#include "attn/read_options.hpp"

namespace attn {

/// Gives a document the projections of a checkpoint's layer, in the place of its own. They lie in `layer`, which must
/// outlive what is made of the document.
void give_projections(Input& input, const AttentionLayer& layer);
/// Of multi-head latent attention: gives a document the narrow vectors that the projections are of, in the place of its
/// query, key and value. Throws Error (data) where these have another width than the layer.
void narrow_operands(Input& input, const AttentionLayer& layer, const ExecutionOptions& execution);
/// The options with the layer's conventions where neither they nor the document say otherwise: scale, softcap, masks,
/// sinks, relative positions, norms of queries and keys, RoPE. `lifts_causal` leaves the causal mask out. Throws Error
/// (data) for a document that says another number of heads than the layer has.
AttentionOptions with_conventions(const AttentionLayer& layer, const Input& input, const AttentionOptions& given,
                                  bool lifts_causal);
/// A note where the positions of an input go beyond those that the layer's RoPE is made for; empty if they do not, or
/// if the options have another RoPE or none.
std::string reach_note(const AttentionLayer& layer, const Input& input, const AttentionOptions& given);

/// What a run of a whole model gives.
struct ModelRun {
  /// Ascending, each once. The tensors of one layer are as those of a run of that layer alone; with
  /// `stacks`, each has all layers in a leading axis, and the axis of batch items even if the text is one.
  std::vector<std::int64_t> layers;
  bool stacks = false;
  bool lifts_causal = false;
  bool cross = false;  ///< of a decoder's layers, the attention to the encoder in the place of that to itself
  /// Heads of a layer whose output counts as zeros, for this layer and all that come after.
  std::map<std::int64_t, std::vector<std::size_t>> masked_heads;
  /// Gets the document of the first of `layers`, before it is run: the state that attention reads (`is_normed`: after
  /// the layer's own norm) and the projections; and the options of the run with the layer's conventions. Or none.
  std::function<void(const Input& layer, const AttentionOptions& options, bool is_normed)> first_layer = {};
};

/// A model of a known family: embeddings and blocks of a checkpoint, with a config.json beside it.
///
/// The numbers are those of the transformers library in evaluation mode, within the error contract of every product.
/// Weights are read block by block, when they are needed. Those that are stored in the run's type stay in their mapped
/// file; of others, one block at a time is held widened.
class Model {
 public:
  /// See Checkpoint::open; `choice.layer` does not count. Of an encoder and a decoder, the choice is of the decoder if
  /// it says so or its prefix does; else of the encoder. Throws Error (data) for a family that is not known, and for
  /// members of config.json that say what attn does not do.
  static Model open(const std::string& path, const CheckpointChoice& choice, const ReadOptions& options);
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  /// The checkpoint's file, and the family.
  const std::string& name() const;
  std::string_view family() const;
  /// The model reads images, not texts.
  bool sees() const;
  /// What it reads of an image, (1, 3, height, width), as the preprocessor_config.json beside it says. Throws Error
  /// (data) if there is none, and for members that are missing or make no sense.
  Tensor pixels(const Image& image) const;
  /// The number of layers.
  std::int64_t layers() const;
  /// The decoder of an encoder and a decoder is meant: its layers are those that a run shows.
  bool is_decoder() const;
  /// The id that a decoder's text begins with. Throws Error (data) if config.json does not say it.
  std::int64_t decoder_start() const;
  /// How many ids the table of word embeddings has.
  std::size_t vocabulary() const;

  /// Runs the blocks up to the last layer that is asked for, or all where `hidden_last` is wanted. `input.token_ids`
  /// must be there, and `decoder_ids` for a decoder; masks, biases and options apply to the attention of every layer
  /// that is of the kind shown, and the rest is as the model has it. `key_lengths` are of `token_ids`. Throws Error
  /// (data) for ids that the vocabulary does not have, texts that are longer than a table of positions, and tensors
  /// that are missing, do not fit or are not used.
  Result run(const Input& input, const AttentionOptions& options, const ModelRun& asked) const;

 private:
  struct State;
  explicit Model(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// One row of the table of families.
struct FamilyInfo {
  std::string_view name;
  std::string_view models;
};
std::vector<FamilyInfo> known_families();

}  // namespace attn
