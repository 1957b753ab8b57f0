// Flags of what happens in multihead between the projections and the heads: norms, rotations, a key of zeros.
#pragma once

#include <optional>
#include <string>

#include "attn/attention.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class MultiheadFlags {
 public:
  void add(FlagSet& flags);
  /// Throws Error (usage, at the flag). With a checkpoint, its layer's rotation may be changed.
  void set(AttentionOptions& options, bool has_checkpoint) const;

 private:
  Rope rope() const;

  std::optional<std::string> rope_, rope_dims_, rope_offset_, epsilon_;
  bool qk_norm_ = false, zero_ = false;
};

}  // namespace attn::cli
