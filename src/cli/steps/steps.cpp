// What the steps need of a run.
#include "cli/steps/steps.hpp"

#include <algorithm>

namespace attn::cli {

AttentionOptions with_steps(AttentionOptions options, const Input& input, bool multihead) {
  WantedOptions& wanted = options.wanted;
  const auto is_wanted = [&](Stage stage) { return std::count(wanted.emit.begin(), wanted.emit.end(), stage) != 0; };
  const auto want = [&](Stage stage) {
    if (!is_wanted(stage)) wanted.emit.push_back(stage);
  };
  // Steps are of each head: a mean that nobody else asks for is not made.
  wanted.average =
      wanted.average && (is_wanted(Stage::weights) || is_wanted(Stage::dropped) || wanted.pictures != nullptr);
  wanted.keep_every_head = wanted.average;
  for (const Stage stage : {Stage::query, Stage::key, Stage::value, Stage::scores, Stage::masked, Stage::mask,
                            Stage::weights, Stage::output})
    want(stage);
  if (options.pipeline.softcap.value_or(0) != 0) want(Stage::capped);
  if (options.pipeline.dropout.p != 0) want(Stage::dropped);
  if (multihead) want(Stage::concat);
  if (input.tensors.contains("past_key"))
    for (const Stage stage : {Stage::present_key, Stage::present_value}) want(stage);
  return options;
}

}  // namespace attn::cli
