// Fonts made from the built-in one: other tables, and characters in colours.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace attn::test {

/// The bytes of DejaVu Sans.
std::string embedded_font();

/// By their names.
using FontTables = std::map<std::string, std::string>;
FontTables tables_of(std::string_view font);
/// A font of these tables.
std::string font_of_tables(const FontTables& tables);

/// Where a table begins; it must be there.
std::size_t place_of_table(std::string_view font, std::string_view tag);

/// DejaVu Sans whose A is a red O and, upon it, an I in the colour of the text (COLR of version 0).
std::string font_in_layers();
/// A font without outlines, whose only letters A and 🤗 are 8 × 8 pixels an em, those of the left half red (CBDT).
std::string font_of_pixels();

}  // namespace attn::test
