// Flags of what differs from row to row of a batch: padding at both ends, prefixes, where positions count from.
#pragma once

#include <optional>
#include <string>

#include "attn/document.hpp"
#include "attn/read_options.hpp"
#include "cli/flags/flag_set.hpp"

namespace attn::cli {

class RowFlags {
 public:
  void add(FlagGroup& group);
  /// Gives a document what flags have, which takes the place of its own.
  void add_members(Input& input, const ReadOptions& read) const;

 private:
  std::optional<std::string> key_lengths_, key_starts_, prefix_lengths_, positions_;
};

}  // namespace attn::cli
