// One font file: FreeType reads its glyphs, HarfBuzz its tables for whole texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/color.hpp"
#include "render/fonts/outline.hpp"

struct hb_font_t;

namespace attn {

/// A glyph in one colour of several that lie upon each other; without a colour, in that of the text.
struct ColorLayer {
  std::uint32_t glyph = 0;
  std::optional<Rgb> color;
  double opacity = 1;
};

/// A glyph that is stored as pixels.
struct PixelGlyph {
  double em = 0;    ///< pixels an em
  double left = 0;  ///< of the corner from the origin; y grows downwards
  double top = 0;
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::array<std::uint8_t, 4>> pixels;  ///< red, green, blue, opacity; colours are times opacity
};

/// The first face of a TrueType or OpenType file. Units are the font's own, `em` of them an em. Nothing of a file is
/// trusted: what cannot be read is an Error (data, at `where`), here or once it is asked for. May be used by several
/// threads at once.
class Face {
 public:
  /// The bytes must live as long.
  Face(std::string_view bytes, std::string where);
  ~Face();
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;

  std::string_view bytes() const { return bytes_; }
  double em() const { return em_; }
  double ascent() const { return ascent_; }          ///< of the highest letters, above the baseline
  double descent() const { return descent_; }        ///< of the lowest, below it
  double cap_height() const { return cap_height_; }  ///< of capitals

  /// Whether it has glyphs that are stored as pixels, as fonts of emoji do.
  bool has_pixels() const { return has_pixels_; }
  /// Whether it has outlines: otherwise it says no heights of letters either.
  bool has_outlines() const { return has_outlines_; }

  /// The glyph of a character by itself, 0 if there is none that can be drawn.
  std::uint32_t glyph_of(char32_t character) const;
  double advance(std::uint32_t glyph) const;

  Outline outline(std::uint32_t glyph) const;
  /// The glyph at the size that is stored next above `size` pixels an em, or the largest, if it is stored as pixels.
  std::optional<PixelGlyph> pixels(std::uint32_t glyph, double size) const;
  /// From the lowest up; empty if the glyph has one colour, the text's.
  std::vector<ColorLayer> layers(std::uint32_t glyph) const;

  /// For HarfBuzz; in font units.
  hb_font_t* shaper() const;

 private:
  struct Readers;
  void read_metrics();
  bool is_drawn(std::uint32_t glyph) const;
  [[noreturn]] void refuse(const std::string& why) const;
  [[noreturn]] void refuse_glyph(std::uint32_t glyph, int error) const;

  std::string_view bytes_;
  std::string where_;
  std::unique_ptr<Readers> readers_;
  double em_ = 0, ascent_ = 0, descent_ = 0, cap_height_ = 0;
  bool has_pixels_ = false;
  bool has_outlines_ = false;
  bool may_draw_nothing_ = false;
};

}  // namespace attn
