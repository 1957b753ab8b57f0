// The flags for reading a result: --steps, --stats, --top.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "attn/attention.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

class ReadingFlags {
 public:
  void add(FlagSet& flags);

  /// Throws Error (usage) for a wrong number.
  void apply(AttentionOptions& options) const;
  /// Throws Error (usage) if a flag would change no output.
  void check(OutputFlags& outputs) const;
  bool steps() const { return steps_; }
  bool stats() const { return stats_; }
  /// What is piped where neither -f nor -o says: steps are text.
  OutputKind piped() const { return steps_ ? OutputKind::text : OutputKind::document; }

 private:
  bool steps_ = false, stats_ = false;
  std::optional<std::string> top_;
};

}  // namespace attn::cli
