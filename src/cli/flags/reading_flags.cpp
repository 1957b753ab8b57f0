// Flags of the reader, and which outputs show what they ask for.
#include "cli/flags/reading_flags.hpp"

#include <algorithm>

#include "cli/flags/values.hpp"

namespace attn::cli {

void ReadingFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Output");
  group.toggle("--steps", steps_, "Walk through the formula with the numbers of each step");
  group.toggle("--stats", stats_,
               "Add statistics of each row of weights: sum, entropy, peak, effective keys, share of the first key, "
               "mean distance, sparsity");
  group.text("--top", top_, "K", "Add the K strongest keys of each query, with their weights");
}

void ReadingFlags::apply(AttentionOptions& options) const {
  options.wanted.stats = stats_;
  if (top_) options.wanted.top = static_cast<std::size_t>(parse_whole(*top_, "--top", 1));
}

void ReadingFlags::check(OutputFlags& outputs) const {
  if (steps_ && outputs.format_given()) throw usage_error("--steps", "is text: it goes without -f");
  const auto none = [&](auto&& shows) {
    return std::none_of(outputs.targets().begin(), outputs.targets().end(),
                        [&](const Target& target) { return target.tensor.empty() && shows(target); });
  };
  const auto is_text = [](const Target& target) { return target.kind == OutputKind::text; };
  const auto is_json = [](const Target& target) {
    return target.kind == OutputKind::document && target.format->is_json;
  };
  const auto is_document = [](const Target& target) { return target.kind == OutputKind::document; };
  if (steps_ && none(is_text)) throw usage_error("--steps", "is text: no output shows it; add -o - or -o FILE.txt");
  if (stats_ && none([&](const Target& target) { return is_text(target) || is_document(target); }))
    throw usage_error("--stats", "no output shows it: it goes to text, .json, .jsonl, .npz and .safetensors");
  if (top_ && none([&](const Target& target) { return is_text(target) || is_json(target); }))
    throw usage_error("--top", "no output shows it: it goes to text, .json and .jsonl");
}

}  // namespace attn::cli
