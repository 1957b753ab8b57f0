// JSON within a page: text that neither a browser's JSON parser nor its HTML parser can misread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attn {

/// Appends `text` in quotes. Besides what JSON asks for, `<`, `>` and `&` are escaped, so that no token can end the
/// script element that it stands in, and U+2028 and U+2029, which are line ends in older scripts.
void append_page_string(std::string& json, std::string_view text);

/// Appends `"name":`, after a comma unless it is the first of an object.
void append_member(std::string& json, std::string_view name);

/// The shortest number; null for none, NaN and infinities.
void append_page_number(std::string& json, std::optional<double> value);

}  // namespace attn
