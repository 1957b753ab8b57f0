// From the characters of a run to glyphs.
#pragma once

#include <span>

#include "render/fonts/fallback.hpp"

namespace attn {

/// A glyph and where it stands; lengths are in the font's units.
struct ShapedGlyph {
  std::uint32_t glyph = 0;
  double advance = 0;         ///< to the next
  double offset = 0;          ///< from where it would stand, along the baseline
  double rise = 0;            ///< above the baseline
  std::size_t character = 0;  ///< the first that it is of: its place in the text
};

/// The glyphs of a run of a text, from left to right: joined, reordered and kerned by the font's own tables, but
/// without ligatures that serve beauty alone, so that letters can be told apart.
std::vector<ShapedGlyph> shape(std::span<const char32_t> text, const TextRun& run, const Face& face);

}  // namespace attn
