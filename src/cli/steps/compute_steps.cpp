// The steps of compute: head after head.
#include "cli/steps/head_steps.hpp"
#include "cli/steps/steps.hpp"

namespace attn::cli {

std::string compute_steps(const Result& result, const AttentionOptions& options, const StepsStyle& style) {
  const RunSummary& run = result.summary;
  const std::vector<std::size_t> heads = chosen_heads(style.head, run.heads);
  const std::size_t all = run.batch * heads.size();
  StepText text(style.table);
  for (std::size_t n = 0; n < shown_heads(all); ++n) {
    const std::size_t b = n / heads.size(), h = heads[n % heads.size()];
    if (run.batch * run.heads > 1)
      text.section((run.batch > 1 ? "batch " + std::to_string(b) : "") + (run.batch > 1 && run.heads > 1 ? ", " : "") +
                   (run.heads > 1 ? head_name(run, h) : ""));
    write_head_steps(text, result, options, b, h);
  }
  write_more_heads(text, all);
  return text.text();
}

}  // namespace attn::cli
