// Projections that are drawn instead of read: their widths, their initialiser and their seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "attn/attention.hpp"
#include "attn/document.hpp"
#include "attn/initialise.hpp"
#include "cli/flags/draw_flags.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class InitFlags {
 public:
  void add(FlagSet& flags);
  bool given() const { return init_.has_value(); }
  /// Throws Error (usage) for values that are wrong whatever the input is. Tells `inputs` to leave its numbers if
  /// --draw-order wants them after the projections.
  void check(DrawFlags& inputs) const;
  /// With --init: puts the drawn projections into the document, from the stream of `inputs` where that has come to, or
  /// from one of --init-seed; then the numbers that the inputs have left. A document that lacks something to project is
  /// left as it is. Throws Error (usage, at the flag) for widths that cannot be, (data, "--max-memory") for too large
  /// ones.
  void draw(Input& input, const AttentionOptions& options, DrawFlags& inputs);
  /// What the result says of the drawing.
  void describe(Result& result) const;

 private:
  std::optional<ProjectionSpec> spec_for(const Input& input, const AttentionOptions& options) const;

  void note_on(const ProjectionSpec& spec);

  std::optional<std::string> init_, init_seed_, head_dim_, d_out_, order_, scale_;
  bool qkv_bias_ = false, stacked_ = false, add_bias_kv_ = false;
  Generator generator_ = Generator::torch;  // of the last drawing, as the seed
  std::uint64_t seed_ = 0;
  std::string skipped_;  // of --seed's stream before
  std::string note_;     // what was drawn, where that may not be what a reader thinks
};

}  // namespace attn::cli
