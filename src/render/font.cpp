// Chains of fonts: text to glyphs, glyphs to pixels.
#include "render/font.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "render/fonts/bidi.hpp"
#include "render/fonts/code_box.hpp"
#include "render/fonts/shaping.hpp"
#include "render/visible_text.hpp"

// The built-in font's bytes: see src/cmake/embed.cmake.
extern "C" {
extern const unsigned char attn_embedded_font[];
extern const unsigned char attn_embedded_font_end[];
}

namespace attn {
namespace {

constexpr std::string_view ellipsis = "\u2026";

std::string_view embedded_font() {
  const auto* begin = reinterpret_cast<const char*>(attn_embedded_font);
  const auto* end = reinterpret_cast<const char*>(attn_embedded_font_end);
  return {begin, static_cast<std::size_t>(end - begin)};
}

// A soft hyphen shows nothing within a line; here it is a letter of a token, and nothing of a token is lost.
std::vector<char32_t> letters_of(std::string_view text) {
  constexpr char32_t soft_hyphen = 0xAD;
  std::vector<char32_t> letters = visible_code_points(text);
  std::ranges::replace(letters, soft_hyphen, U'-');
  return letters;
}

}  // namespace

// The built-in face, which every chain ends with.
Font::Font() { faces_.push_back(std::make_unique<Face>(embedded_font(), "")); }

const Font& Font::built_in() {
  static const Font font;
  return font;
}

Font::Font(const std::vector<std::string>& files, const std::string& where) : Font() {
  files_ = files;
  for (const std::string& file : files_) faces_.insert(faces_.end() - 1, std::make_unique<Face>(file, where));
}

// The built-in face has the digits of codes.
const Face& Font::face_of(const PlacedGlyph& placed) const {
  return placed.face == no_face ? *faces_.back() : *faces_[placed.face];
}

const Face& Font::letters() const {
  return **std::ranges::find_if(faces_, [](const std::unique_ptr<Face>& face) { return face->has_outlines(); });
}

void Font::append_run(Line& line, std::span<const char32_t> text, const TextRun& run) const {
  if (run.face == no_face) {
    const Face& digits = *faces_.back();
    const auto add_box = [&](char32_t c) {
      if (is_ignorable(c)) return;
      line.glyphs.push_back({no_face, c, line.width, 0});
      line.width += code_box_advance(c, digits) / digits.em();
    };
    const auto characters = text.subspan(run.begin, run.end - run.begin);
    if (run.level % 2 == 1)
      std::for_each(characters.rbegin(), characters.rend(), add_box);
    else
      std::ranges::for_each(characters, add_box);
    return;
  }
  const Face& face = *faces_[run.face];
  for (const ShapedGlyph& glyph : shape(text, run, face)) {
    line.glyphs.push_back({run.face, glyph.glyph, line.width + glyph.offset / face.em(), glyph.rise / face.em()});
    line.width += glyph.advance / face.em();
  }
}

std::shared_ptr<const Font::Line> Font::line_of(std::string_view text) const {
  constexpr std::size_t most_lines = 4096;
  const std::lock_guard lock(lines_in_use_);
  if (const auto known = lines_.find(text); known != lines_.end()) return known->second;
  const std::vector<char32_t> letters = letters_of(text);
  const std::vector<TextRun> runs = runs_of(letters, faces_);
  std::vector<std::uint8_t> levels;
  for (const TextRun& run : runs) levels.push_back(run.level);
  const auto line = std::make_shared<Line>();
  for (const std::size_t k : visual_order(levels)) append_run(*line, letters, runs[k]);
  if (lines_.size() == most_lines) lines_.clear();
  return lines_.emplace(text, line).first->second;
}

std::vector<PlacedGlyph> Font::place(std::string_view text, double size) const {
  std::vector<PlacedGlyph> placed = line_of(text)->glyphs;
  for (PlacedGlyph& glyph : placed) {
    glyph.offset *= size;
    glyph.rise *= size;
  }
  return placed;
}

double Font::width(std::string_view text, double size) const { return line_of(text)->width * size; }

std::string Font::elide(std::string_view text, double size, double limit, Cut cut) const {
  if (width(text, size) <= limit) return std::string(text);
  const std::vector<char32_t> letters = decode_utf8(text);
  // The first letters and, of a text cut in the middle, as many of the last.
  const auto shortened = [&](std::size_t kept) {
    const std::size_t last = cut == Cut::middle ? kept / 2 : 0;
    std::string shorter;
    for (std::size_t k = 0; k < kept - last; ++k) append_utf8(shorter, letters[k]);
    shorter += ellipsis;
    for (std::size_t k = letters.size() - last; k < letters.size(); ++k) append_utf8(shorter, letters[k]);
    return shorter;
  };
  std::size_t kept = 0;
  while (kept + 1 < letters.size() && width(shortened(kept + 1), size) <= limit) ++kept;
  return shortened(kept);
}

void Font::add_missing(std::string_view text, std::set<char32_t>& missing) const {
  const std::vector<char32_t> letters = letters_of(text);
  for (const TextRun& run : runs_of(letters, faces_))
    for (std::size_t k = run.begin; k < run.end && run.face == no_face; ++k)
      if (!is_ignorable(letters[k])) missing.insert(letters[k]);
}

std::string missing_text(const std::set<char32_t>& characters) {
  constexpr std::size_t most = 5;
  std::string text;
  std::size_t named = 0;
  for (const char32_t c : characters) {
    if (named == most) break;
    std::string code;
    for (char32_t rest = c; rest != 0 || code.size() < 4; rest >>= 4)
      code.insert(code.begin(), "0123456789ABCDEF"[rest & 15]);
    text += named++ == 0 ? "" : ", ";
    append_utf8(text, c);
    text += " (U+" + code + ")";
  }
  if (characters.size() > named) text += " and " + std::to_string(characters.size() - named) + " more";
  return "no font has " + text + ": the picture shows codes; " + option_name("font") +
         " gives a font that has them, and may be repeated";
}

double Font::ascent(double size) const { return letters().ascent() * size / letters().em(); }
double Font::descent(double size) const { return letters().descent() * size / letters().em(); }
double Font::cap_height(double size) const { return letters().cap_height() * size / letters().em(); }

FontName Font::name() const { return read_font_name(letters().bytes()); }

GlyphPixels Font::rasterize(const PlacedGlyph& placed, const GlyphPlace& place, Rgb ink) const {
  const Face& face = face_of(placed);
  if (placed.face == no_face) return draw_outline(code_box_outline(placed.glyph, face), face.em(), place);
  if (const std::optional<PixelGlyph> pixels = face.pixels(placed.glyph, place.size))
    return draw_pixels(*pixels, place);
  if (const std::vector<ColorLayer> layers = face.layers(placed.glyph); !layers.empty())
    return draw_layers(face, layers, ink, place);
  return draw_outline(face.outline(placed.glyph), face.em(), place);
}

}  // namespace attn
