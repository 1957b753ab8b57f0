// What a run emits, resolved from its options and const from then on.
#pragma once

#include <algorithm>
#include <vector>

#include "attn/attention.hpp"

namespace attn {

struct RunPlan {
  std::vector<Stage> emitted;
  bool averages = false;  ///< the weights that are emitted, dropped or not, are the mean over the heads

  /// Of multihead if it `projects`.
  static RunPlan of(const AttentionOptions& options, bool projects) {
    RunPlan plan{options.wanted.emit};
    plan.averages = projects && options.wanted.average && (plan.emits(Stage::weights) || plan.emits(Stage::dropped));
    return plan;
  }
  /// The same with all the weights, as pictures that are not pooled need them.
  static RunPlan with_weights(AttentionOptions options, bool projects) {
    options.wanted.emit.push_back(Stage::weights);
    return of(options, projects);
  }

  bool emits(Stage stage) const { return std::find(emitted.begin(), emitted.end(), stage) != emitted.end(); }
};

}  // namespace attn
