// Reads fonts with stb_truetype: text to glyphs, glyphs to coverage.
#include "render/font.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "attn/error.hpp"
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

// stb_truetype trusts every offset in a file. This checks the table directory, which keeps cut and foreign
// files out; a font made to do harm must still not be given to it.
bool has_sound_directory(std::string_view bytes) {
  constexpr std::size_t header = 12;
  constexpr std::size_t entry = 16;
  if (bytes.size() < header) return false;
  const std::size_t tables = big_endian(bytes, 4, 2);
  if (bytes.size() < header + tables * entry) return false;
  for (std::size_t i = 0; i < tables; ++i) {
    const std::size_t offset = big_endian(bytes, header + i * entry + 8, 4);
    const std::size_t length = big_endian(bytes, header + i * entry + 12, 4);
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
    const bool has_capital = stbtt_GetCodepointBox(&info, 'H', &box[0], &box[1], &box[2], &box[3]) != 0;
    cap_height = has_capital ? box[3] : ascent * 3 / 4;
    return true;
  }

  double em() const { return 1 / static_cast<double>(stbtt_ScaleForMappingEmToPixels(&info, 1.0F)); }

  // In font units.
  double advance(int glyph) const {
    if (glyph == narrow_box) return 0.6 * em();
    if (glyph == wide_box) return em();
    int width = 0;
    stbtt_GetGlyphHMetrics(&info, glyph, &width, nullptr);
    return width;
  }

  // An outlined rectangle from the baseline to the height of capitals.
  std::vector<stbtt_vertex> box_outline(int glyph) const {
    const auto unit = [this](double part) { return static_cast<short>(std::lround(part * em())); };
    const auto top = static_cast<short>(cap_height);
    const short thickness = unit(0.06);
    const short left = unit(0.06);
    const auto right = static_cast<short>(std::lround(advance(glyph)) - left);
    std::vector<stbtt_vertex> outline;
    const auto add = [&outline](int x, int y, unsigned char type) {
      stbtt_vertex vertex{};
      vertex.x = static_cast<short>(x);
      vertex.y = static_cast<short>(y);
      vertex.type = type;
      outline.push_back(vertex);
    };
    const auto rectangle = [&add](int x0, int y0, int x1, int y1) {
      add(x0, y0, STBTT_vmove);
      add(x1, y0, STBTT_vline);
      add(x1, y1, STBTT_vline);
      add(x0, y1, STBTT_vline);
      add(x0, y0, STBTT_vline);
    };
    rectangle(left, 0, right, top);
    // The other way round: a hole.
    rectangle(right - thickness, thickness, left + thickness, top - thickness);
    return outline;
  }

  std::vector<stbtt_vertex> outline(int glyph) const {
    if (glyph < 0) return box_outline(glyph);
    stbtt_vertex* vertices = nullptr;
    const int count = stbtt_GetGlyphShape(&info, glyph, &vertices);
    std::vector<stbtt_vertex> copy(vertices, vertices + count);
    stbtt_FreeShape(&info, vertices);
    return copy;
  }
};

Font::Font(std::unique_ptr<Face> face) : face_(std::move(face)) {}
Font::~Font() = default;
Font::Font(Font&&) noexcept = default;

const Font& Font::built_in() {
  static const Font font = [] {
    auto face = std::make_unique<Face>();
    face->init(static_cast<const unsigned char*>(attn_embedded_font));
    return Font(std::move(face));
  }();
  return font;
}

Font::Font(std::string bytes, const std::string& where) : face_(std::make_unique<Face>()) {
  face_->bytes = std::move(bytes);
  // The library takes unsigned bytes.
  const auto* data = reinterpret_cast<const unsigned char*>(face_->bytes.data());
  if (!has_sound_directory(face_->bytes) || !face_->init(data))
    throw data_error(where, "is not a TrueType font; give a .ttf or .otf file");
}

std::vector<PlacedGlyph> Font::place(std::string_view text, double size) const {
  const double scale = face_->scale(size);
  std::vector<PlacedGlyph> placed;
  double pen = 0;
  for (const char32_t c : visible_code_points(text)) {
    if (is_ignorable(c)) continue;
    int glyph = stbtt_FindGlyphIndex(&face_->info, static_cast<int>(c));
    if (glyph == 0) {
      std::string one;
      append_utf8(one, c);
      glyph = display_width(one) == 2 ? wide_box : narrow_box;
    }
    if (!placed.empty() && placed.back().glyph > 0 && glyph > 0)
      pen += stbtt_GetGlyphKernAdvance(&face_->info, placed.back().glyph, glyph);
    placed.push_back({glyph, pen * scale});
    pen += face_->advance(glyph);
  }
  return placed;
}

double Font::width(std::string_view text, double size) const {
  const std::vector<PlacedGlyph> placed = place(text, size);
  return placed.empty() ? 0 : placed.back().offset + face_->advance(placed.back().glyph) * face_->scale(size);
}

std::string Font::elide(std::string_view text, double size, double limit) const {
  if (width(text, size) <= limit) return std::string(text);
  const double room = limit - width(ellipsis, size);
  std::string kept;
  for (const char32_t c : decode_utf8(text)) {
    std::string longer = kept;
    append_utf8(longer, c);
    if (width(longer, size) > room) break;
    kept = std::move(longer);
  }
  return kept + std::string(ellipsis);
}

double Font::ascent(double size) const { return face_->ascent * face_->scale(size); }
double Font::descent(double size) const { return -face_->descent * face_->scale(size); }
double Font::cap_height(double size) const { return face_->cap_height * face_->scale(size); }

FontName Font::name() const {
  if (!face_->bytes.empty()) return read_font_name(face_->bytes);
  const auto* begin = reinterpret_cast<const char*>(attn_embedded_font);
  const auto* end = reinterpret_cast<const char*>(attn_embedded_font_end);
  return read_font_name({begin, static_cast<std::size_t>(end - begin)});
}

Font::Bitmap Font::rasterize(int glyph, double size, double angle, double shift_x, double shift_y) const {
  std::vector<stbtt_vertex> outline = face_->outline(glyph);
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

  const double scale = face_->scale(size);
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
