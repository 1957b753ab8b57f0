// The nearest of some names to a mistyped one, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attn {

/// The candidate with the fewest edits (insert, delete, replace, swap of neighbours; case ignored),
/// or empty if none is near enough to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string_view>& candidates);

/// The candidates that begin with the name, which is cut short, if they are few: the one that lacks a letter if there is
/// one, else up to three; case is ignored.
std::vector<std::string_view> names_begun(std::string_view name, const std::vector<std::string_view>& candidates);

/// `; did you mean 'x'?` of the names begun, or else of the nearest one; or nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace attn
