// Text and numbers of XML documents.
#pragma once

#include <string>
#include <string_view>

namespace attn {

/// Text for an element or an attribute between double quotes: what acts on a picture as escapes (visible_text.hpp),
/// markup as entities. Any bytes become well-formed XML 1.0.
std::string xml_text(std::string_view text);

/// Appends a number with two decimals at most, the same in every locale: 12, 0.5, -3.25.
void append_number(std::string& out, double value);
void append_number(std::string& out, std::ptrdiff_t value);

}  // namespace attn
