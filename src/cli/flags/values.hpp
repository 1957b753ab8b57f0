// Values of flags: text to numbers and lists, with errors that name the flag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace attn::cli {

/// A whole number of at least `least`. Throws Error (usage, at `where`).
std::int64_t parse_whole(std::string_view text, const std::string& where, std::int64_t least);
/// A finite number.
double parse_number(std::string_view text, const std::string& where);
/// The parts between separators: "a,b" → a, b.
std::vector<std::string> split(std::string_view text, char separator);
/// Whole numbers of at least `least`, separated by commas.
std::vector<std::int64_t> parse_whole_list(std::string_view text, const std::string& where, std::int64_t least);
/// The words of a text, split on white space.
std::vector<std::string> words_of(std::string_view text);
/// One of `names`; throws with the nearest.
std::size_t parse_choice(std::string_view text, const std::string& where, const std::vector<std::string_view>& names);

}  // namespace attn::cli
