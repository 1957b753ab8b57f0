// Flags of the norms of queries and keys, which compute and multihead share.
#pragma once

#include <optional>
#include <string>

#include "attn/attention.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class QkNormFlags {
 public:
  void add(FlagSet& flags, bool multihead);
  /// Throws Error (usage, at the flag).
  void set(AttentionOptions& options) const;

 private:
  std::optional<std::string> kind_, epsilon_;
  bool rms_ = false;
};

}  // namespace attn::cli
