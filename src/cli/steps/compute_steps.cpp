// The steps of compute: head after head.
#include "cli/steps/head_steps.hpp"
#include "cli/steps/steps.hpp"

namespace attn::cli {

std::string compute_steps(const Result& result, const AttentionOptions& options, const TableStyle& style) {
  const RunSummary& run = result.summary;
  const std::size_t all = run.batch * run.heads, shown = shown_heads(all);
  StepText text(style);
  for (std::size_t n = 0; n < shown; ++n) {
    const std::size_t b = n / run.heads, h = n % run.heads;
    if (all > 1)
      text.section((run.batch > 1 ? "batch " + std::to_string(b) : "") + (run.batch > 1 && run.heads > 1 ? ", " : "") +
                   (run.heads > 1 ? head_name(run, h) : ""));
    write_head_steps(text, result, options, b, h);
  }
  write_more_heads(text, all);
  return text.text();
}

}  // namespace attn::cli
