// Flags of multihead for whole models: which layers, and which heads count as zeros.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "attn/model.hpp"
#include "cli/flags/checkpoint_flags.hpp"
#include "cli/flags/decoder_flags.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/model_documents.hpp"
#include "cli/flags/text_flags.hpp"

namespace attn::cli {

class ModelFlags {
 public:
  void add(FlagSet& flags);
  /// Throws Error (usage) for flags that need a whole model, or do not go with one.
  void check(bool runs_model, const CheckpointFlags& checkpoint, const AttentionOptions& options) const;

  /// An image is the input.
  bool reads_image() const { return image_.has_value(); }
  ModelDocuments& documents() { return documents_; }
  /// Whether --layer asks for several layers, which have an axis.
  static bool stacks(const CheckpointFlags& checkpoint);
  /// See ModelRun::first_layer; `line` says what the layer's document is.
  using Watch = std::function<void(const Input& layer, const AttentionOptions& options, const std::string& line)>;
  void watch_first_layer(Watch watch) { watch_ = std::move(watch); }
  /// Gives a document what the flags have for the model's decoder, or the pixels of --image.
  void complete(Input& input, const CheckpointFlags& checkpoint, const TextFlags& text, const AttentionOptions& options,
                const ReadOptions& read);
  /// Runs the layers of --layer. The model is opened at the first call of this or `complete`.
  Result run(const CheckpointFlags& checkpoint, const Input& input, const AttentionOptions& options,
             const ReadOptions& read);
  /// The model and its family, in one line; empty before the first run.
  const std::string& note() const { return note_; }
  /// The number of the one layer whose results a run gives, from its begin on; none of several, which have an axis.
  const std::optional<std::int64_t>& layer() const { return layer_; }

 private:
  // `runs_all`: layers after those of --layer are run as well.
  ModelRun asked(const CheckpointFlags& checkpoint, bool runs_all) const;

  const Model& model(const CheckpointFlags& checkpoint, const AttentionOptions& options, const ReadOptions& read);

  std::optional<std::string> mask_heads_, image_;
  DecoderFlags decoder_;
  ModelDocuments documents_;
  std::optional<Model> model_;
  Watch watch_;
  std::string note_;
  std::optional<std::int64_t> layer_;
};

}  // namespace attn::cli
