// Rotations and the key of zeros, to AttentionOptions.
#include "cli/flags/multihead_flags.hpp"

#include "attn/error.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {
namespace {

constexpr std::int64_t most_position = 1LL << 52;
constexpr const char* none = "none";  // of --rope

}  // namespace

void MultiheadFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Attention");
  group.text("--rope", rope_, "THETA[:half|interleaved]",
             "Turn queries and keys by their positions (RoPE); the pairs of columns are halves of a head (default) or "
             "neighbours; none: a checkpoint's layer does not turn them");
  group.text("--rope-dims", rope_dims_, "N", "With --rope: turn only the first N columns of each head");
  group.text("--rope-offset", rope_offset_, "N",
             "Begin with position N, in --rope's or a checkpoint's rotation (default: 0)");
  group.text("--rope-sections", sections_, "N,M,…[:sectioned|interleaved|axial]",
             "With --rope: share the pairs of columns out among several axes of positions, N to the first; one section "
             "after the other (default), by turns, or each with frequencies of its own");
  group.toggle("--add-zero-attn", zero_, "Append a key and a value of zeros that no mask hides");
}

void MultiheadFlags::set(AttentionOptions& options, bool has_checkpoint) const {
  const bool turns = rope_ != none;
  if (rope_ && turns) options.layer.rope = rope();
  if (!turns && !has_checkpoint) throw usage_error("--rope", "none is of a checkpoint's layer: it goes with --weights");
  options.layer.turns = turns;
  for (const auto& [flag, value] : {std::pair{"--rope-dims", &rope_dims_}, std::pair{"--rope-sections", &sections_}})
    if (*value && !(rope_ && turns)) throw usage_error(flag, "goes with --rope");
  if (rope_offset_ && !turns) throw usage_error("--rope-offset", "does not go with --rope none");
  if (rope_offset_ && !rope_ && !has_checkpoint) throw usage_error("--rope-offset", "goes with --rope or --weights");
  if (rope_offset_) options.layer.rope_offset = parse_whole(*rope_offset_, "--rope-offset", -most_position);
  options.layer.add_zero_attn = zero_;
}

Rope MultiheadFlags::rope() const {
  const std::vector<std::string> parts = split(*rope_, ':');
  if (parts.size() > 2) throw usage_error("--rope", "is THETA or THETA:half or THETA:interleaved");
  Rope rope;
  rope.theta = parse_number(parts[0], "--rope");
  rope.interleaved = parts.size() == 2 && parse_choice(parts[1], "--rope", {"half", "interleaved"}) == 1;
  if (rope_dims_) rope.dims = static_cast<std::size_t>(parse_whole(*rope_dims_, "--rope-dims", 1));
  if (rope_offset_) rope.offset = parse_whole(*rope_offset_, "--rope-offset", -most_position);
  if (sections_) set_sections(rope);
  return rope;
}

void MultiheadFlags::set_sections(Rope& rope) const {
  const std::vector<std::string> parts = split(*sections_, ':');
  if (parts.size() > 2) throw usage_error("--rope-sections", "is N,M,… and, after a colon, how they lie");
  for (const std::int64_t pairs : parse_whole_list(parts[0], "--rope-sections", 1))
    rope.sections.push_back(static_cast<std::size_t>(pairs));
  if (rope.sections.size() < 2) throw usage_error("--rope-sections", "is of two axes or more");
  constexpr RopeSections layouts[] = {RopeSections::sectioned, RopeSections::interleaved, RopeSections::axial};
  if (parts.size() == 2)
    rope.layout = layouts[parse_choice(parts[1], "--rope-sections", {"sectioned", "interleaved", "axial"})];
}

}  // namespace attn::cli
