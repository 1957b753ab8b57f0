// Flags of multihead that take projections and conventions from a checkpoint's layer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/checkpoint.hpp"
#include "cli/environment.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

class CheckpointFlags {
 public:
  void add(FlagSet& flags);

  /// Throws Error (usage) for flags that need --weights, and for those that --list has no use for among them.
  void check(const std::vector<std::string>& given_flags) const;
  bool given() const { return path_.has_value(); }
  /// What was given; only with --weights.
  const std::string& path() const { return *path_; }
  const std::optional<std::string>& layer_text() const { return layer_text_; }
  bool norm() const { return norm_; }
  bool cross() const { return cross_; }
  bool lifts_causal() const { return no_causal_; }
  /// The choice but for the layer; `heads` are the flags'.
  CheckpointChoice choice(const HeadOptions& heads) const;
  bool is_loaded() const { return layer_.has_value(); }
  bool lists() const { return list_.has_value(); }
  /// --list tokens: not of the checkpoint's layers, but of the tokenizer beside it.
  bool lists_tokens() const;
  /// The checkpoint's file, if it is a GGUF file.
  std::optional<std::string> gguf() const;
  /// Where the checkpoint's tokenizer is to be found: its folder, or a GGUF file that has one itself.
  std::string tokenizer_place() const;
  /// --list, to every target; `names` are for the problems of layers.
  void list(OutputFlags& outputs, const ReadOptions& read, const FlagNames& names) const;

  /// Reads the layer. Returns its numbers of heads, which count from then on: those that are given are among its.
  HeadOptions load(const ReadOptions& read, const AttentionOptions& given);
  /// Gives a document the layer's projections and its input norm. Returns the options with the
  /// layer's conventions where neither they nor the document say otherwise.
  AttentionOptions apply(Input& input, const AttentionOptions& given);
  /// What the result says of the checkpoint, its notes with what is doubtful.
  void describe(Result& result) const;
  /// What the layer's architecture applies besides what the options of `load` replace, in one line.
  const std::string& note() const { return note_; }
  /// The number of the layer that is loaded; none if it has none.
  std::optional<std::int64_t> layer_number() const { return layer_ ? layer_->number : std::nullopt; }
  /// What makes it doubtful that the layer's numbers are those of the model; empty: nothing.
  std::string warning() const { return layer_ ? layer_->warning : ""; }

 private:
  void check_list(const std::vector<std::string>& given_flags) const;
  CheckpointChoice choice_of_layer(const HeadOptions& heads) const;
  void project(Input& input) const;
  void check_operands(const Input& input) const;
  std::string note_for(const AttentionOptions& given) const;

  std::optional<std::string> path_, layer_text_, arch_, prefix_, list_, ignored_;
  bool norm_ = false, no_causal_ = false, cross_ = false;
  std::optional<AttentionLayer> layer_;
  HeadOptions asked_heads_;  ///< by flags
  std::string note_;
  std::vector<std::string> unused_;  ///< notes of flags that the layer has no use for
  std::string reach_note_;           ///< of the last document
};

}  // namespace attn::cli
