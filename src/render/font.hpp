// Fonts: glyph outlines and the widths of texts, in units independent of any pixel format.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "render/font_name.hpp"

namespace attn {

/// A glyph of a text and where it stands.
struct PlacedGlyph {
  std::size_t face = 0;  ///< of the chain
  int glyph = 0;         ///< index in the face; −c: the code of a character c that no face has, in a box
  double offset = 0;     ///< from the text's start along its baseline, pixels
};

/// Where a text that is too long loses letters.
enum class Cut { end, middle };

/// A chain of TrueType fonts: each glyph comes from the first that has it. The first's letters decide heights. All
/// lengths are in pixels for a `size` in pixels per em.
class Font {
 public:
  /// DejaVu Sans, which is linked into the program.
  static const Font& built_in();
  /// From the bytes of .ttf, .otf or .ttc files; DejaVu Sans comes after them. Throws Error (data, at `where`) if some
  /// are not a font.
  Font(const std::vector<std::string>& files, const std::string& where);
  ~Font();
  Font(Font&&) noexcept;

  /// The glyphs of UTF-8 text with kerning. Control characters are written as escapes (\n, \x1b), code points that
  /// all fonts lack as their hexadecimal digits in a box.
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

  /// A glyph's coverage, 0 to 255, row by row.
  struct Bitmap {
    int left = 0;  ///< of the bitmap's corner from the glyph's origin, pixels; y grows downwards
    int top = 0;
    int width = 0;
    int height = 0;
    std::vector<unsigned char> coverage;
  };
  /// Anti-aliased, turned counter-clockwise by `angle` degrees about its origin, which lies `shift_x`
  /// and `shift_y` (0 to 1) past the pixel's corner.
  Bitmap rasterize(const PlacedGlyph& placed, double size, double angle, double shift_x, double shift_y) const;

 private:
  struct Face;
  Font();
  PlacedGlyph find(char32_t character) const;

  std::vector<std::unique_ptr<Face>> faces_;
};

/// "no font has 猫 (U+732B): ...", with the option that gives one.
std::string missing_text(const std::set<char32_t>& characters);

}  // namespace attn
