// The flags, and what they go with.
#include "cli/flags/weight_reading_flags.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {

void WeightReadingFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Output");
  group.toggle("--stats", stats_, "In text, give statistics of each row of weights instead of the picture");
  group.text("--top", top_, "K", "In text, give the K strongest keys of each query instead of the picture");
}

void WeightReadingFlags::check(std::vector<Target>& targets, const PartFlags& parts, bool one_input) const {
  if (!given()) return;
  const std::string flag = stats_ ? "--stats" : "--top";
  top();
  if (!one_input) throw usage_error(flag, "is of one input: it goes without --compare and --diff");
  if (parts.changes_rows())
    throw usage_error(flag, "is of whole rows: it goes without --cols, --renormalize and --reshape");
  if (std::none_of(targets.begin(), targets.end(),
                   [](const Target& target) { return target.kind == OutputKind::text; }))
    throw usage_error(flag, "is text: no output shows it; add -o - or -o FILE.txt");
}

std::size_t WeightReadingFlags::top() const {
  return top_ ? static_cast<std::size_t>(parse_whole(*top_, "--top", 1)) : 0;
}

}  // namespace attn::cli
