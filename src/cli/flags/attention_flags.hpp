// The flags of the attention pipeline that compute and multihead share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attn/attention.hpp"
#include "attn/read_options.hpp"
#include "cli/flags/common_flags.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class AttentionFlags {
 public:
  void add(FlagSet& flags, bool multihead);

  /// Everything but what is emitted.
  AttentionOptions options(const CommonFlags& common, const ReadOptions& read) const;
  /// The stages of --emit, or the default.
  std::vector<Stage> emit() const;
  bool emit_given() const { return emit_.has_value(); }
  /// The one tensor that --emit names, which outputs and files of a single one are then of; empty if there is no such.
  std::string_view emitted_alone() const;
  /// The masks that `file:` atoms of --mask read, once more: their text in the language has their names alone.
  std::vector<Tensor> mask_files(const ReadOptions& read) const;
  std::optional<std::int64_t> heads() const;
  std::optional<std::int64_t> kv_heads() const;

 private:
  void set_scale(PipelineOptions& pipeline, const ReadOptions& read) const;
  Stage emitted_stage(const std::string& name) const;

  std::optional<std::string> scale_, softcap_, like_, sink_, alibi_slopes_, empty_row_, emit_, heads_, kv_heads_,
      mask_means_, mask_of_, query_range_, query_part_;
  std::vector<std::string> masks_;
  std::vector<Stage> stages_;  ///< that the command has
  bool causal_ = false, alibi_ = false, average_ = false, no_output_projection_ = false;
};

/// Reads the file of a `file:` atom.
Mask::Loader mask_loader(const ReadOptions& read);

}  // namespace attn::cli
