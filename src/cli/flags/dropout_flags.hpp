// The flags of dropout, which compute and multihead share.
#pragma once

#include <optional>
#include <string>

#include "attn/attention.hpp"
#include "attn/random.hpp"
#include "cli/flags/flag_set.hpp"
#include "cli/flags/input_flags.hpp"

namespace attn::cli {

class DropoutFlags {
 public:
  void add(FlagSet& flags);

  /// Sets the options' dropout, to be drawn from the stream of --dropout-seed, or else from that of the input's flags
  /// as it stands when a run begins. Both this object and `input` outlive the options' use.
  void set(AttentionOptions& options, InputFlags& input);

 private:
  std::optional<std::string> p_, seed_;
  std::optional<RandomStream> own_;
};

}  // namespace attn::cli
