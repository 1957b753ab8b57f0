// What people type who know another program's name for a flag or a command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attn::cli {

/// The advice for a flag that does not exist, "; did you mean '--heads'?" or another, if it is a common name for one
/// of `flags`, which a command has; else empty.
std::string alias_advice(std::string_view typed, const std::vector<std::string>& flags);

/// What else to say of it: "; did you mean '--causal'?" for one that is cut short or nearly right; else empty.
std::string nearest_flag_advice(std::string_view typed, const std::vector<std::string>& flags);

/// As `alias_advice`, for a command that does not exist.
std::string command_advice(std::string_view typed);

}  // namespace attn::cli
