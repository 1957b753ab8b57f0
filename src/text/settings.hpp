// Members of tokenizer.json that a part cannot do without, and parts by their type.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/json/config.hpp"
#include "text/pattern.hpp"

namespace attn::text {

// Each throws Error (data) at the member that is missing or of another kind.
std::string needed_text(const io::Config& part, std::string_view name);
/// A whole number that is not negative.
std::size_t needed_count(const io::Config& part, std::string_view name);
bool needed_truth(const io::Config& part, std::string_view name);
/// A text of one character.
char32_t needed_character(const io::Config& part, std::string_view name);
/// A list of parts, such as `normalizers` of a Sequence.
std::vector<io::Config> needed_parts(const io::Config& part, std::string_view name);

/// The member `pattern`: {"String": …} or {"Regex": …}.
Pattern needed_pattern(const io::Config& part);

/// Throws the error that there is no part of this type: `what` is "normalizer" or its like.
[[noreturn]] void refuse_type(const io::Config& part, const std::string& what, const std::string& type,
                              const std::vector<std::string_view>& names);

/// The row of a table whose name is the part's type. Throws Error (data) if there is none.
template <class Row>
const Row& row_of(std::span<const Row> rows, const io::Config& part, const std::string& what) {
  const std::string type = needed_text(part, "type");
  for (const Row& row : rows)
    if (row.name == type) return row;
  std::vector<std::string_view> names;
  for (const Row& row : rows) names.push_back(row.name);
  refuse_type(part, what, type, names);
}

}  // namespace attn::text
