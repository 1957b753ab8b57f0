// Fonts: glyph outlines and the widths of texts, in units independent of any pixel format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "render/fonts/fallback.hpp"
#include "render/fonts/font_name.hpp"
#include "render/fonts/glyph_pixels.hpp"

namespace attn {

/// A glyph of a text and where it stands.
struct PlacedGlyph {
  std::size_t face = 0;     ///< of the chain; `no_face`: the glyph is a character that no face has, its code in a box
  std::uint32_t glyph = 0;  ///< index in the face
  double offset = 0;        ///< from the text's start along its baseline, pixels
  double rise = 0;          ///< above the baseline, pixels
};

/// Where a text that is too long loses letters.
enum class Cut { end, middle };

/// A chain of fonts: each character comes from the first that has it (`runs_of` says it exactly). The letters of the
/// first that has outlines decide heights. All lengths are in pixels for a `size` in pixels per em.
class Font {
 public:
  /// DejaVu Sans, which is linked into the program.
  static const Font& built_in();
  /// From the bytes of .ttf, .otf or .ttc files; DejaVu Sans comes after them. Throws Error (data, at `where`) if some
  /// are not a font; one that is damaged is refused here or by what needs the damaged part.
  Font(const std::vector<std::string>& files, const std::string& where);

  /// The glyphs of UTF-8 text from left to right: kerned, and shaped as its scripts want it. Control characters are
  /// written as escapes (\n, \x1b), code points that all fonts lack as their hexadecimal digits in a box.
  std::vector<PlacedGlyph> place(std::string_view text, double size) const;
  /// The text's advance width.
  double width(std::string_view text, double size) const;
  /// The text cut with an ellipsis so that it is at most `limit` wide.
  std::string elide(std::string_view text, double size, double limit, Cut cut = Cut::end) const;
  /// Adds the characters of the text that all fonts lack.
  void add_missing(std::string_view text, std::set<char32_t>& missing) const;

  double ascent(double size) const;      ///< of the highest letters, above the baseline
  double descent(double size) const;     ///< of the lowest, below it
  double cap_height(double size) const;  ///< of capitals and digits
  double line_height(double size) const { return ascent(size) + descent(size); }

  /// By which another program finds the same font.
  FontName name() const;

  /// Anti-aliased; `ink` is the colour of the text, for what a font in colours leaves to it.
  GlyphPixels rasterize(const PlacedGlyph& placed, const GlyphPlace& place, Rgb ink) const;

 private:
  Font();
  /// A text's glyphs and width at one pixel an em.
  struct Line {
    std::vector<PlacedGlyph> glyphs;
    double width = 0;
  };
  const Face& face_of(const PlacedGlyph& placed) const;
  const Face& letters() const;
  void append_run(Line& line, std::span<const char32_t> text, const TextRun& run) const;
  std::shared_ptr<const Line> line_of(std::string_view text) const;

  std::vector<std::string> files_;  // the faces read them
  Faces faces_;
  // Layouts ask for the same few texts again and again.
  mutable std::mutex lines_in_use_;
  mutable std::map<std::string, std::shared_ptr<const Line>, std::less<>> lines_;
};

/// "no font has 猫 (U+732B): ...", with the option that gives one.
std::string missing_text(const std::set<char32_t>& characters);

}  // namespace attn
