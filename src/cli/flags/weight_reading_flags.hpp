// --stats and --top of weights that are already there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attn/heatmap.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/output_flags.hpp"
#include "cli/flags/part_flags.hpp"

namespace attn::cli {

class WeightReadingFlags {
 public:
  void add(FlagSet& flags);

  /// Throws Error (usage) for a wrong number, for flags that it does not go with, and if no target is text.
  /// `one_input`: nothing is compared.
  void check(std::vector<Target>& targets, const PartFlags& parts, bool one_input) const;
  bool given() const { return stats_ || top_; }
  bool stats() const { return stats_; }
  std::size_t top() const;

 private:
  bool stats_ = false;
  std::optional<std::string> top_;
};

}  // namespace attn::cli
