// The scripts that make shells ask attn for candidates.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attn::cli {

/// The shells that there is a script for: bash, zsh and fish.
std::vector<std::string> completed_shells();
/// The script of one of them.
std::string_view completion_script(std::string_view shell);

}  // namespace attn::cli
