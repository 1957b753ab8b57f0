// Looks for the tensors of --emit among the targets.
#include "cli/flags/emitted_outputs.hpp"

#include <algorithm>

#include "attn/error.hpp"

namespace attn::cli {

void refuse_several_in_one(const std::vector<Target>& targets) {
  const auto is_nameless = [](const Target& target) { return target.tensor.empty() && holds_one(target); };
  if (std::all_of(targets.begin(), targets.end(), is_nameless))
    throw usage_error("--emit", "names several tensors, and each output holds one: -o TENSOR=FILE says which");
}

bool shows_all(const std::vector<Stage>& emitted, const std::vector<Target>& targets,
               const std::vector<std::string>& compared) {
  return std::all_of(emitted.begin(), emitted.end(), [&](Stage stage) {
    const auto shows = [name = stage_name(stage)](const Target& target) { return target.tensor == name; };
    return std::any_of(targets.begin(), targets.end(), shows) ||
           std::find(compared.begin(), compared.end(), stage_name(stage)) != compared.end();
  });
}

std::vector<Stage> stages_shown(const std::vector<Stage>& emitted, const std::vector<Target>& targets,
                                const std::function<bool(const Target&)>& is_pooled,
                                const std::vector<std::string>& compared) {
  std::vector<Stage> wanted;
  const auto want = [&](Stage stage) {
    if (std::count(wanted.begin(), wanted.end(), stage) == 0) wanted.push_back(stage);
  };
  for (const Target& target : targets) {
    if (is_pooled(target)) continue;
    if (!target.tensor.empty()) {
      want(stage_of(target.tensor, "-o"));
    } else if (holds_one(target)) {
      want(shown_stage);
    } else {
      for (const Stage stage : emitted) want(stage);
    }
  }
  for (const std::string& name : compared) want(stage_of(name, "--expect"));
  return wanted;
}

}  // namespace attn::cli
