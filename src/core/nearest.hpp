// The nearest of some names to a mistyped one, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attn {

/// The candidate with the fewest edits (insert, delete, replace, swap of neighbours; case ignored),
/// or empty if none is near enough to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string_view>& candidates);

/// `; did you mean 'x'?`, or nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace attn
