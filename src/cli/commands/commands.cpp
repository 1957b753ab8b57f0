// The TABLE of commands.
#include <array>

#include "cli/commands/command.hpp"

namespace attn::cli {

std::span<const CommandInfo> commands() {
  static constexpr std::array<CommandInfo, 5> table{{
      {"compute", "Attention: softmax(QKᵀ/√d)·V, with every stage between", make_compute},
      {"mask", "Which keys each query may attend, from a line of the mask language", make_mask},
      {"multihead", "Multi-head attention: projections, heads, output projection", make_multihead},
      {"visualize", "Heatmaps of attention weights", make_visualize},
      {"bench", "How fast attention is on this machine, checked before it is timed", make_bench},
  }};
  return table;
}

}  // namespace attn::cli
