// One part of a model: its embeddings, and its blocks one after the other. A model has one, or an encoder and a
// decoder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "attn/checkpoint.hpp"
#include "attn/document.hpp"
#include "io/checkpoints/match.hpp"
#include "io/json/config.hpp"
#include "model/patches.hpp"
#include "model/tensors.hpp"

namespace attn::model {

/// A model's files, and how they are read.
struct ModelFiles {
  io::CheckpointFiles files;
  ReadOptions options;
  CheckpointChoice choice;
  io::Config config;
};

/// An attention of a block that a run has come to.
struct Visit {
  const AttentionLayer& layer;
  const Tensor& state;  ///< (B, L, d): what enters this half of the block
  const Tensor& read;   ///< the same through the norm before attention
  bool is_normed;       ///< there is such a norm
};
/// Gives what attention makes of it, (B, L, d); none: the run ends here.
using Attend = std::function<std::optional<Tensor>(const Visit& visit)>;

class Part {
 public:
  /// Throws Error (data) for layers that are not as many as config.json says.
  Part(const ModelFiles& model, io::NamedLayers group, const Family& family);

  const Family& family() const { return *family_; }
  const io::NamedLayers& group() const { return group_; }
  std::int64_t layers() const { return static_cast<std::int64_t>(group_.layers.size()); }

  /// What enters the first block, (B, L, d). See `embed` of embeddings.hpp.
  Tensor embed(const ModelFiles& model, const TokenIds& ids, const Execution& execution) const;
  /// The same of pixels (B, channels, height, width). See `embed_patches` of patches.hpp.
  PatchStates embed(const ModelFiles& model, const SourcedTensor& pixels, const Execution& execution) const;
  /// Takes `x` through the blocks before `end`. Each block is read when it is needed. Throws Error (data) for tensors
  /// that are missing, do not fit or are not used.
  void run(const ModelFiles& model, Tensor& x, std::int64_t end, const Attend& attend,
           const Execution& execution) const;
  /// What comes after the last block: a norm, a projection.
  void finish(const ModelFiles& model, Tensor& x, const Execution& execution) const;

 private:
  io::NamedLayers group_;
  const Family* family_;
};

}  // namespace attn::model
