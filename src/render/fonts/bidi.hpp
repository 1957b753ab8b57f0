// Directions of writing within a text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace attn {

/// The embedding level of each character in a line that begins at the left: odd for what is written from right to left
/// (UAX #9, https://www.unicode.org/reports/tr9).
std::vector<std::uint8_t> bidi_levels(std::span<const char32_t> text);

/// The order from left to right in which parts of these levels stand: the index of the part that comes first, and so on
/// (rule L2).
std::vector<std::size_t> visual_order(std::span<const std::uint8_t> levels);

}  // namespace attn
