// --shared and --missing: files of which each run writes a part.
#pragma once

#include "attn/attention.hpp"
#include "cli/flags/expect_flags.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class SharedFlags {
 public:
  void add(FlagSet& flags);

  /// One of them is.
  bool given() const { return shared_ || missing_; }
  bool lists_missing() const { return missing_; }
  /// Throws Error (usage) for what does not go with --shared, or if there is no part.
  void check(const AttentionOptions& options, const ExpectFlags& expect, bool runs_model) const;
  [[noreturn]] static void refuse_models();

 private:
  bool shared_ = false, missing_ = false;
};

}  // namespace attn::cli
