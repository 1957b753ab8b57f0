// What the steps need of a run.
#include "cli/steps/steps.hpp"

#include <algorithm>

namespace attn::cli {

void want_steps(AttentionOptions& options, const Input& input, bool multihead) {
  const auto wants = [&](Stage stage) { return std::count(options.emit.begin(), options.emit.end(), stage) != 0; };
  const auto want = [&](Stage stage) {
    if (!wants(stage)) options.emit.push_back(stage);
  };
  // Steps are of each head: a mean that nobody else asks for is not made.
  options.average = options.average && (wants(Stage::weights) || options.pictures != nullptr);
  options.keep_head_weights = options.average;
  for (const Stage stage : {Stage::query, Stage::key, Stage::value, Stage::scores, Stage::masked, Stage::mask,
                            Stage::weights, Stage::output})
    want(stage);
  if (options.softcap != 0) want(Stage::capped);
  if (options.dropout.p != 0) want(Stage::dropped);
  if (multihead) want(Stage::concat);
  if (input.tensors.count("past_key") != 0)
    for (const Stage stage : {Stage::present_key, Stage::present_value}) want(stage);
}

}  // namespace attn::cli
