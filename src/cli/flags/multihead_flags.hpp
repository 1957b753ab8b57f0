// Flags of what happens in multihead alone between the projections and the heads: rotations, a key of zeros.
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
  void set_sections(Rope& rope) const;

  std::optional<std::string> rope_, rope_dims_, rope_offset_, sections_;
  bool zero_ = false;
};

}  // namespace attn::cli
