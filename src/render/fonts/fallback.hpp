// Which of several fonts serves which letters of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "render/fonts/face.hpp"

namespace attn {

/// A list of fonts, the preferred one first.
using Faces = std::vector<std::unique_ptr<Face>>;

/// Of a character that no font has.
inline constexpr std::size_t no_face = std::numeric_limits<std::size_t>::max();

/// What one font draws of a text: characters of one script and direction.
struct TextRun {
  std::size_t begin = 0, end = 0;  ///< characters
  std::size_t face = no_face;
  std::uint32_t script = 0;  ///< as HarfBuzz has it: the four letters of ISO 15924
  std::uint8_t level = 0;    ///< odd: from right to left
};

/// The runs of a text, in the order in which they are read. A character comes, together with the marks on it, from the
/// first font that has them all. Two exceptions: words of a script whose letters join or move come as a whole from the
/// first font that has all of the text's letters of this script, if one has; and pictures of emoji are asked for
/// characters that are emoji first, and for others last.
std::vector<TextRun> runs_of(std::span<const char32_t> text, const Faces& faces);

}  // namespace attn
