// The container of TrueType and OpenType fonts: its table directory
// (https://learn.microsoft.com/typography/opentype/spec).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attn {

/// A big-endian number of `count` bytes; 0 past the end of `bytes`.
std::uint32_t sfnt_number(std::string_view bytes, std::size_t at, std::size_t count);

/// `length` bytes; those past the end are cut off.
std::string_view sfnt_part(std::string_view bytes, std::size_t at, std::size_t length);

/// A table of a font, or of a collection's first font; empty if it has none of this name. What lies past the end of the
/// bytes is cut off.
std::string_view sfnt_table(std::string_view bytes, std::string_view tag);

/// Whether the bytes begin as a TrueType or OpenType font does, or a collection of them.
bool begins_as_sfnt(std::string_view bytes);

/// Whether the directory and all tables that it names lie within the bytes.
bool has_whole_directory(std::string_view bytes);

}  // namespace attn
