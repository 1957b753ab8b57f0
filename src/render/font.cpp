// Reads fonts with stb_truetype: text to glyphs, glyphs to coverage.
#include "render/font.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "attn/error.hpp"
#include "core/option_name.hpp"
#include "core/utf8.hpp"
#include "render/visible_text.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#define STBTT_STATIC
#define STB_TRUETYPE_IMPLEMENTATION
#include <stb_truetype.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

// The built-in font's bytes: see src/cmake/embed.cmake.
extern "C" {
extern const unsigned char attn_embedded_font[];
extern const unsigned char attn_embedded_font_end[];
}

namespace attn {
namespace {

constexpr std::string_view ellipsis = "\u2026";

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// A collection begins with the places of its fonts; the first of them is taken.
std::size_t directory_place(std::string_view bytes) {
  constexpr std::size_t first_place = 12;
  return bytes.starts_with("ttcf") && bytes.size() >= first_place + 4 ? big_endian(bytes, first_place, 4) : 0;
}

// stb_truetype trusts every offset in a file. This checks the table directory, which keeps cut and foreign
// files out; a font made to do harm must still not be given to it.
bool has_sound_directory(std::string_view bytes) {
  constexpr std::size_t header = 12;
  constexpr std::size_t entry = 16;
  const std::size_t start = directory_place(bytes);
  if (bytes.size() < header || start > bytes.size() - header) return false;
  const std::size_t tables = big_endian(bytes, start + 4, 2);
  if (bytes.size() < start + header + tables * entry) return false;
  for (std::size_t i = 0; i < tables; ++i) {
    const std::size_t offset = big_endian(bytes, start + header + i * entry + 8, 4);
    const std::size_t length = big_endian(bytes, start + header + i * entry + 12, 4);
    if (offset > bytes.size() || length > bytes.size() - offset) return false;
  }
  return true;
}

}  // namespace

struct Font::Face {
  std::string bytes;  // of the built-in font, none
  stbtt_fontinfo info{};
  int ascent = 0;
  int descent = 0;
  int cap_height = 0;

  double scale(double size) const { return static_cast<double>(stbtt_ScaleForMappingEmToPixels(&info, 1.0F)) * size; }

  bool init(const unsigned char* data) {
    const int offset = stbtt_GetFontOffsetForIndex(data, 0);
    if (offset < 0 || stbtt_InitFont(&info, data, offset) == 0) return false;
    int line_gap = 0;
    stbtt_GetFontVMetrics(&info, &ascent, &descent, &line_gap);
    std::array<int, 4> box{};
    const bool has_capital = stbtt_GetCodepointBox(&info, 'H', box.data(), &box[1], &box[2], &box[3]) != 0;
    cap_height = has_capital ? box[3] : ascent * 3 / 4;
    return true;
  }

  double em() const { return 1 / static_cast<double>(stbtt_ScaleForMappingEmToPixels(&info, 1.0F)); }

  int find(char32_t character) const { return stbtt_FindGlyphIndex(&info, static_cast<int>(character)); }

  // In font units.
  double advance(int glyph) const {
    if (glyph < 0) return code_box(glyph).width;
    int width = 0;
    stbtt_GetGlyphHMetrics(&info, glyph, &width, nullptr);
    return width;
  }

  // The box of a character that is written as its code: two rows of two digits, or of three.
  struct CodeBox {
    std::string digits;
    std::size_t columns;
    double scale;               // of a digit
    double digit_width;         // at that scale, with the space after it
    double line, space, width;  // thickness, inner margin, advance
    double bottom, top;
  };
  CodeBox code_box(int glyph) const {
    constexpr std::string_view hex = "0123456789ABCDEF";
    const auto code = static_cast<std::uint32_t>(-glyph);
    CodeBox box;
    box.columns = code > 0xFFFF ? 3 : 2;
    for (std::size_t k = 2 * box.columns; k-- > 0;) box.digits += hex[code >> (4 * k) & 15];
    int digit = 0;
    stbtt_GetCodepointHMetrics(&info, '0', &digit, nullptr);
    box.scale = 0.56;
    box.line = 0.05 * em();
    box.space = 0.06 * em();
    box.digit_width = digit * box.scale;
    box.bottom = -0.18 * em();
    box.top = box.bottom + 2 * (box.line + box.space + cap_height * box.scale) + 0.08 * em();
    box.width = static_cast<double>(box.columns) * box.digit_width + 2 * (box.line + box.space) + 2 * side * em();
    return box;
  }
  static constexpr double side = 0.05;  // the white beside a box, em

  std::vector<stbtt_vertex> code_outline(int glyph) const {
    const CodeBox box = code_box(glyph);
    std::vector<stbtt_vertex> outline;
    const auto add = [&outline](double x, double y, unsigned char type) {
      stbtt_vertex vertex{};
      vertex.x = static_cast<short>(std::lround(x));
      vertex.y = static_cast<short>(std::lround(y));
      vertex.type = type;
      outline.push_back(vertex);
    };
    const auto rectangle = [&add](double x0, double y0, double x1, double y1) {
      add(x0, y0, STBTT_vmove);
      add(x1, y0, STBTT_vline);
      add(x1, y1, STBTT_vline);
      add(x0, y1, STBTT_vline);
      add(x0, y0, STBTT_vline);
    };
    const double left = side * em(), right = box.width - left;
    rectangle(left, box.bottom, right, box.top);
    // The other way round: a hole.
    rectangle(right - box.line, box.bottom + box.line, left + box.line, box.top - box.line);
    for (std::size_t k = 0; k < box.digits.size(); ++k) {
      const double x = left + box.line + box.space + static_cast<double>(k % box.columns) * box.digit_width;
      const bool upper = k < box.columns;
      const double y =
          upper ? box.top - box.line - box.space - cap_height * box.scale : box.bottom + box.line + box.space;
      append_scaled(outline, outline_of(find(static_cast<char32_t>(box.digits[k]))), box.scale, x, y);
    }
    return outline;
  }

  static void append_scaled(std::vector<stbtt_vertex>& outline, const std::vector<stbtt_vertex>& part, double scale,
                            double x, double y) {
    const auto move = [](short& value, double factor, double by) {
      value = static_cast<short>(std::lround(value * factor + by));
    };
    for (stbtt_vertex vertex : part) {
      move(vertex.x, scale, x);
      move(vertex.cx, scale, x);
      move(vertex.cx1, scale, x);
      move(vertex.y, scale, y);
      move(vertex.cy, scale, y);
      move(vertex.cy1, scale, y);
      outline.push_back(vertex);
    }
  }

  std::vector<stbtt_vertex> outline_of(int glyph) const {
    stbtt_vertex* vertices = nullptr;
    const int count = stbtt_GetGlyphShape(&info, glyph, &vertices);
    std::vector<stbtt_vertex> copy(vertices, vertices + count);
    stbtt_FreeShape(&info, vertices);
    return copy;
  }

  std::vector<stbtt_vertex> outline(int glyph) const { return glyph < 0 ? code_outline(glyph) : outline_of(glyph); }
};

// The built-in face, which every chain ends with.
Font::Font() {
  auto face = std::make_unique<Face>();
  face->init(static_cast<const unsigned char*>(attn_embedded_font));
  faces_.push_back(std::move(face));
}
Font::~Font() = default;
Font::Font(Font&&) noexcept = default;

const Font& Font::built_in() {
  static const Font font;
  return font;
}

Font::Font(const std::vector<std::string>& files, const std::string& where) : Font() {
  for (const std::string& file : files) {
    auto face = std::make_unique<Face>();
    face->bytes = file;
    // The library takes unsigned bytes.
    const auto* data = reinterpret_cast<const unsigned char*>(face->bytes.data());
    if (!has_sound_directory(face->bytes) || !face->init(data))
      throw data_error(where, "is not a TrueType font; give a .ttf or .otf file");
    faces_.insert(faces_.end() - 1, std::move(face));
  }
}

// The built-in face draws the codes of characters that none has.
PlacedGlyph Font::find(char32_t character) const {
  for (std::size_t face = 0; face < faces_.size(); ++face)
    if (const int glyph = faces_[face]->find(character); glyph != 0) return {face, glyph, 0};
  return {faces_.size() - 1, -static_cast<int>(character), 0};
}

std::vector<PlacedGlyph> Font::place(std::string_view text, double size) const {
  std::vector<PlacedGlyph> placed;
  double pen = 0;
  for (const char32_t c : visible_code_points(text)) {
    if (is_ignorable(c)) continue;
    PlacedGlyph next = find(c);
    const Face& face = *faces_[next.face];
    if (!placed.empty() && placed.back().face == next.face && placed.back().glyph > 0 && next.glyph > 0)
      pen += stbtt_GetGlyphKernAdvance(&face.info, placed.back().glyph, next.glyph) * face.scale(size);
    next.offset = pen;
    placed.push_back(next);
    pen += face.advance(next.glyph) * face.scale(size);
  }
  return placed;
}

double Font::width(std::string_view text, double size) const {
  const std::vector<PlacedGlyph> placed = place(text, size);
  if (placed.empty()) return 0;
  const Face& face = *faces_[placed.back().face];
  return placed.back().offset + face.advance(placed.back().glyph) * face.scale(size);
}

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
  for (const char32_t c : visible_code_points(text))
    if (!is_ignorable(c) && find(c).glyph < 0) missing.insert(c);
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

double Font::ascent(double size) const { return faces_.front()->ascent * faces_.front()->scale(size); }
double Font::descent(double size) const { return -faces_.front()->descent * faces_.front()->scale(size); }
double Font::cap_height(double size) const { return faces_.front()->cap_height * faces_.front()->scale(size); }

FontName Font::name() const {
  if (!faces_.front()->bytes.empty()) return read_font_name(faces_.front()->bytes);
  const auto* begin = reinterpret_cast<const char*>(attn_embedded_font);
  const auto* end = reinterpret_cast<const char*>(attn_embedded_font_end);
  return read_font_name({begin, static_cast<std::size_t>(end - begin)});
}

Font::Bitmap Font::rasterize(const PlacedGlyph& placed, double size, double angle, double shift_x,
                             double shift_y) const {
  const Face& face = *faces_[placed.face];
  std::vector<stbtt_vertex> outline = face.outline(placed.glyph);
  if (outline.empty()) return {};
  const double radians = angle * std::numbers::pi / 180;
  const double cosine = std::cos(radians);
  const double sine = std::sin(radians);
  std::array<int, 4> box{INT16_MAX, INT16_MAX, INT16_MIN, INT16_MIN};
  // Turning the outline rather than the pixels keeps turned text as sharp as any.
  const auto turn = [&](short& x, short& y) {
    const double turned_x = x * cosine - y * sine;
    const double turned_y = x * sine + y * cosine;
    x = static_cast<short>(std::lround(turned_x));
    y = static_cast<short>(std::lround(turned_y));
    box = {std::min<int>(box[0], x), std::min<int>(box[1], y), std::max<int>(box[2], x), std::max<int>(box[3], y)};
  };
  for (stbtt_vertex& vertex : outline) {
    turn(vertex.x, vertex.y);
    if (vertex.type == STBTT_vcurve || vertex.type == STBTT_vcubic) turn(vertex.cx, vertex.cy);
    if (vertex.type == STBTT_vcubic) turn(vertex.cx1, vertex.cy1);
  }

  const double scale = face.scale(size);
  Bitmap bitmap;
  bitmap.left = static_cast<int>(std::floor(box[0] * scale + shift_x));
  bitmap.top = static_cast<int>(std::floor(-box[3] * scale + shift_y));
  bitmap.width = static_cast<int>(std::ceil(box[2] * scale + shift_x)) - bitmap.left;
  bitmap.height = static_cast<int>(std::ceil(-box[1] * scale + shift_y)) - bitmap.top;
  bitmap.coverage.assign(static_cast<std::size_t>(bitmap.width) * static_cast<std::size_t>(bitmap.height), 0);
  stbtt__bitmap target{bitmap.width, bitmap.height, bitmap.width, bitmap.coverage.data()};
  constexpr float flatness = 0.35F;  // the library's own choice, pixels
  const auto narrow_scale = static_cast<float>(scale);
  stbtt_Rasterize(&target, flatness, outline.data(), static_cast<int>(outline.size()), narrow_scale, narrow_scale,
                  static_cast<float>(shift_x), static_cast<float>(shift_y), bitmap.left, bitmap.top, 1, nullptr);
  return bitmap;
}

}  // namespace attn
