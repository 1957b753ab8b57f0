// Dropout flags, to AttentionOptions.
#include "cli/flags/dropout_flags.hpp"

#include "attn/error.hpp"
#include "cli/flags/values.hpp"

namespace attn::cli {

void DropoutFlags::add(FlagSet& flags) {
  FlagGroup group = flags.group("Attention");
  group.text("--dropout", p_, "P",
             "Set each weight to 0 with probability P and scale the others by 1/(1-P), as in training");
  group.text("--dropout-seed", seed_, "N",
             "Draw the dropout from a seed of its own (default: --seed's stream, drawn last)");
}

void DropoutFlags::set(AttentionOptions& options, InputFlags& input) {
  if (!p_ && seed_) throw usage_error("--dropout-seed", "goes with --dropout");
  if (!p_) return;
  options.pipeline.dropout.p = parse_number(*p_, "--dropout");
  if (options.pipeline.dropout.p < 0 || options.pipeline.dropout.p > 1)
    throw usage_error("--dropout", "must be a probability from 0 to 1, not " + *p_);
  if (seed_) {
    const std::int64_t seed = parse_whole(*seed_, "--dropout-seed", 0);
    own_.emplace(input.drawn().stream().generator(), static_cast<std::uint64_t>(seed), "--dropout-seed");
  }
  options.pipeline.dropout.own_stream = own_.has_value();
  options.pipeline.dropout.stream = own_ ? &*own_ : &input.drawn().stream();
}

}  // namespace attn::cli
