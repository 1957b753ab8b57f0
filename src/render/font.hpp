// Fonts: glyph outlines and the widths of texts, in units independent of any pixel format.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "render/font_name.hpp"

namespace attn {

/// A glyph of a text and where it stands.
struct PlacedGlyph {
  int glyph = 0;      ///< index in the font, or a box: see Font::narrow_box
  double offset = 0;  ///< from the text's start along its baseline, pixels
};

/// A TrueType font. All lengths are in pixels for a `size` in pixels per em.
class Font {
 public:
  /// DejaVu Sans, which is linked into the program.
  static const Font& built_in();
  /// From the bytes of a .ttf file. Throws Error (data, at `where`) if they are not a font.
  Font(std::string bytes, const std::string& where);
  ~Font();
  Font(Font&&) noexcept;

  /// Glyph indices of the boxes that stand for code points the font lacks.
  static constexpr int narrow_box = -1;
  static constexpr int wide_box = -2;

  /// The glyphs of UTF-8 text with kerning. Control characters are written as escapes (\n, \x1b), code
  /// points that the font lacks as boxes.
  std::vector<PlacedGlyph> place(std::string_view text, double size) const;
  /// The text's advance width.
  double width(std::string_view text, double size) const;
  /// The text cut with an ellipsis so that it is at most `limit` wide.
  std::string elide(std::string_view text, double size, double limit) const;

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
  Bitmap rasterize(int glyph, double size, double angle, double shift_x, double shift_y) const;

 private:
  struct Face;
  explicit Font(std::unique_ptr<Face> face);
  std::unique_ptr<Face> face_;
};

}  // namespace attn
