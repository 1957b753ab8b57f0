// The walk of compute: head after head.
#include <algorithm>

#include "cli/steps/head_steps.hpp"
#include "cli/steps/steps.hpp"

namespace attn::cli {
namespace {

constexpr std::size_t most_heads = 4;

}  // namespace

std::string compute_steps(const Input& input, const AttentionOptions& options, const TableStyle& style) {
  const StagedRun run(compute, input, options, false);
  const WalkFacts facts = walk_facts(input, options);
  const std::size_t batch = run.number("batch"), heads = run.number("heads"), all = batch * heads;
  const std::size_t shown = all <= most_heads ? all : most_heads - 1;
  Board board(style);
  for (std::size_t n = 0; n < shown; ++n) {
    const std::size_t b = n / heads, h = n % heads;
    if (all > 1)
      board.section((batch > 1 ? "batch " + std::to_string(b) : "") + (batch > 1 && heads > 1 ? ", " : "") +
                    (heads > 1 ? head_name(run, h) : ""));
    walk_head(board, run, facts, b, h);
  }
  if (shown < all) board.append(std::to_string(all - shown) + " more heads go the same way.\n");
  return board.text();
}

}  // namespace attn::cli
