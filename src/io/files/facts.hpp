// Facts: names and texts, a line each, by which two runs know that they are of one problem.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attn::io {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// "name: text" a line; a text is kept to its line.
std::string text_of(const Facts& facts);
/// The facts of such lines.
Facts facts_of(const std::string& text);
/// The text of a name, or null.
const std::string* find_fact(const Facts& facts, std::string_view name);
/// How `there`, which were read, first differ from this run's: "their scale is '1', and this run's '2'". Empty if they
/// do not.
std::string first_difference(const Facts& there, const Facts& here);

}  // namespace attn::io
