// What outputs of one tensor have to do with --emit.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "attn/stages.hpp"
#include "cli/flags/output_flags.hpp"

namespace attn::cli {

/// Throws Error (usage) if every target holds one tensor and none says which: those that --emit names are several.
void refuse_several_in_one(const std::vector<Target>& targets);
/// Whether each of these tensors is in an output of its own, or compared.
bool shows_all(const std::vector<Stage>& emitted, const std::vector<Target>& targets,
               const std::vector<std::string>& compared);

/// What the targets show of it, but for those that `is_pooled`, and what is compared: nothing else need be computed.
std::vector<Stage> stages_shown(const std::vector<Stage>& emitted, const std::vector<Target>& targets,
                                const std::function<bool(const Target&)>& is_pooled,
                                const std::vector<std::string>& compared);

}  // namespace attn::cli
