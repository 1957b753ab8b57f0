// Opens fonts with FreeType and HarfBuzz, and asks them for glyphs. Nothing is hinted, and FreeType draws nothing: its
// outlines are in font units, so that pictures do not depend on its version.
#include "render/fonts/face.hpp"

#include <freetype/freetype.h>
#include <freetype/ftoutln.h>
#include <hb-ot.h>
#include <hb.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include "attn/error.hpp"
#include "core/number.hpp"
#include "render/fonts/allocations.hpp"
#include "render/fonts/sfnt.hpp"

namespace attn {
namespace {

// What a font may say of itself. Letters are seldom higher than two ems, and the longest ligature is some ten wide.
constexpr double highest_line = 8, largest_glyph = 32;  // ems

template <class Object, void (*destroy)(Object*)>
struct Destroy {
  void operator()(Object* object) const { destroy(object); }
};
using HbFace = std::unique_ptr<hb_face_t, Destroy<hb_face_t, hb_face_destroy>>;
using HbFont = std::unique_ptr<hb_font_t, Destroy<hb_font_t, hb_font_destroy>>;
using HbSet = std::unique_ptr<hb_set_t, Destroy<hb_set_t, hb_set_destroy>>;

struct CloseLibrary {
  void operator()(FT_Library library) const { FT_Done_FreeType(library); }
};
struct CloseFace {
  void operator()(FT_Face face) const { FT_Done_Face(face); }
};

void check_memory(FT_Error error) {
  if (error == FT_Err_Out_Of_Memory) throw std::bad_alloc();
}

OutlinePoint point_of(const FT_Vector* at) { return {static_cast<double>(at->x), static_cast<double>(at->y)}; }

// FreeType is C and must not be thrown through: what a callback throws is memory, and it says so.
template <class Work>
int without_throwing(Work work) noexcept {
  try {
    work();
    return FT_Err_Ok;
  } catch (...) {
    return FT_Err_Out_Of_Memory;
  }
}

FT_Outline_Funcs outline_readers() {
  FT_Outline_Funcs readers{};
  readers.move_to = [](const FT_Vector* to, void* outline) {
    return without_throwing([&] { static_cast<Outline*>(outline)->move_to(point_of(to)); });
  };
  readers.line_to = [](const FT_Vector* to, void* outline) {
    return without_throwing([&] { static_cast<Outline*>(outline)->line_to(point_of(to)); });
  };
  readers.conic_to = [](const FT_Vector* control, const FT_Vector* to, void* outline) {
    return without_throwing([&] { static_cast<Outline*>(outline)->conic_to(point_of(control), point_of(to)); });
  };
  readers.cubic_to = [](const FT_Vector* first, const FT_Vector* second, const FT_Vector* to, void* outline) {
    return without_throwing(
        [&] { static_cast<Outline*>(outline)->cubic_to(point_of(first), point_of(second), point_of(to)); });
  };
  return readers;
}

}  // namespace

struct Face::Readers {
  std::unique_ptr<FT_LibraryRec_, CloseLibrary> library;
  std::unique_ptr<FT_FaceRec_, CloseFace> glyphs;
  std::mutex glyphs_in_use;  // FreeType loads glyphs into the face itself
  HbFace tables;
  HbFont shaper;
};

Face::Face(std::string_view bytes, std::string where)
    : bytes_(bytes), where_(std::move(where)), readers_(std::make_unique<Readers>()) {
  if (!begins_as_sfnt(bytes)) refuse("is not a TrueType font; give a .ttf or .otf file");
  if (!has_whole_directory(bytes)) refuse("is cut short, or damaged: a table of the font ends past the file's end");
  FT_Library library = nullptr;
  check_memory(FT_Init_FreeType(&library));
  readers_->library.reset(library);
  FT_Face glyphs = nullptr;
  const auto length = static_cast<FT_Long>(bytes.size());
  const FT_Error error =
      FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(bytes.data()), length, 0, &glyphs);
  check_memory(error);
  if (error != FT_Err_Ok) refuse("is not a font that can be read, or damaged");
  readers_->glyphs.reset(glyphs);

  const AllocationCheck memory;
  hb_blob_t* blob =
      hb_blob_create(bytes.data(), static_cast<unsigned>(bytes.size()), HB_MEMORY_MODE_READONLY, nullptr, nullptr);
  readers_->tables.reset(hb_face_create(blob, 0));
  hb_blob_destroy(blob);
  readers_->shaper.reset(hb_font_create(readers_->tables.get()));
  hb_font_make_immutable(readers_->shaper.get());
  memory.check();
  read_metrics();
}

Face::~Face() = default;

void Face::read_metrics() {
  em_ = hb_face_get_upem(readers_->tables.get());
  const FT_Face glyphs = readers_->glyphs.get();
  has_outlines_ = FT_IS_SCALABLE(glyphs);
  has_pixels_ =
      FT_HAS_FIXED_SIZES(glyphs) && (!sfnt_table(bytes_, "CBDT").empty() || !sfnt_table(bytes_, "sbix").empty());
  if (!has_outlines_ && !has_pixels_) refuse("has no outlines of letters; give another font");
  may_draw_nothing_ = has_pixels_ || !sfnt_table(bytes_, "COLR").empty() || !sfnt_table(bytes_, "SVG ").empty();
  const AllocationCheck memory;
  const HbSet characters(hb_set_create());
  hb_face_collect_unicodes(readers_->tables.get(), characters.get());
  memory.check();
  if (hb_set_is_empty(characters.get())) refuse("is damaged: it has no table of characters");
  if (!has_outlines_) return;
  ascent_ = glyphs->ascender;
  descent_ = -glyphs->descender;
  if (ascent_ <= 0 || ascent_ + descent_ <= 0 || ascent_ + std::abs(descent_) > highest_line * em_)
    refuse("is damaged: its letters reach from " + shortest(-descent_ / em_) + " to " + shortest(ascent_ / em_) +
           " ems");
  const std::uint32_t capital = glyph_of(U'H');
  cap_height_ = capital != 0 ? outline(capital).bounds().top : ascent_ * 3 / 4;
}

void Face::refuse(const std::string& why) const { throw data_error(where_, why); }

void Face::refuse_glyph(std::uint32_t glyph, int error) const {
  check_memory(error);
  refuse("is damaged: its glyph " + std::to_string(glyph) + " cannot be read");
}

std::uint32_t Face::glyph_of(char32_t character) const {
  const AllocationCheck memory;
  hb_codepoint_t glyph = 0;
  const bool is_there = hb_font_get_nominal_glyph(readers_->shaper.get(), character, &glyph) != 0;
  memory.check();
  if (!is_there || glyph == 0) return 0;
  if (!may_draw_nothing_) return glyph;
  // Paints that are not read here (COLR of version 1, SVG) leave an outline that is empty.
  switch (hb_unicode_general_category(hb_unicode_funcs_get_default(), character)) {
    case HB_UNICODE_GENERAL_CATEGORY_SPACE_SEPARATOR:
    case HB_UNICODE_GENERAL_CATEGORY_FORMAT:
    case HB_UNICODE_GENERAL_CATEGORY_NON_SPACING_MARK: return glyph;
    default: return is_drawn(glyph) ? glyph : 0;
  }
}

bool Face::is_drawn(std::uint32_t glyph) const {
  return pixels(glyph, 1) || !layers(glyph).empty() || !outline(glyph).empty();
}

double Face::advance(std::uint32_t glyph) const {
  return static_cast<double>(hb_font_get_glyph_h_advance(readers_->shaper.get(), glyph));
}

Outline Face::outline(std::uint32_t glyph) const {
  Outline outline;
  if (!has_outlines_) return outline;
  const std::lock_guard lock(readers_->glyphs_in_use);
  const FT_Face glyphs = readers_->glyphs.get();
  const FT_Error error = FT_Load_Glyph(glyphs, glyph, FT_LOAD_NO_SCALE | FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
  if (error != FT_Err_Ok) refuse_glyph(glyph, error);
  static const FT_Outline_Funcs readers = outline_readers();
  if (glyphs->glyph->format == FT_GLYPH_FORMAT_OUTLINE) {
    const FT_Error fault = FT_Outline_Decompose(&glyphs->glyph->outline, &readers, &outline);
    if (fault != FT_Err_Ok) refuse_glyph(glyph, fault);
  }
  outline.close();
  const Outline::Bounds bounds = outline.bounds();
  if (std::max(bounds.right - bounds.left, bounds.top - bounds.bottom) > largest_glyph * em_)
    refuse("is damaged: its glyph " + std::to_string(glyph) + " is larger than " + shortest(largest_glyph) + " ems");
  return outline;
}

std::optional<PixelGlyph> Face::pixels(std::uint32_t glyph, double size) const {
  if (!has_pixels_) return {};
  const std::lock_guard lock(readers_->glyphs_in_use);
  const FT_Face glyphs = readers_->glyphs.get();
  constexpr double fixed_point = 64;
  int best = 0;
  const auto em_of = [&](int k) { return static_cast<double>(glyphs->available_sizes[k].y_ppem) / fixed_point; };
  for (int k = 1; k < glyphs->num_fixed_sizes; ++k)
    if (em_of(best) < size ? em_of(k) > em_of(best) : em_of(k) >= size && em_of(k) < em_of(best)) best = k;
  FT_Error error = FT_Select_Size(glyphs, best);
  if (error == FT_Err_Ok) error = FT_Load_Glyph(glyphs, glyph, FT_LOAD_COLOR | FT_LOAD_SBITS_ONLY);
  const FT_Bitmap& bitmap = glyphs->glyph->bitmap;
  check_memory(error);
  if (error == FT_Err_Missing_Bitmap || error == FT_Err_Invalid_Argument) return {};
  if (error != FT_Err_Ok || bitmap.pixel_mode != FT_PIXEL_MODE_BGRA || !(em_of(best) > 0)) refuse_glyph(glyph, error);
  PixelGlyph pixels{em_of(best),
                    static_cast<double>(glyphs->glyph->bitmap_left),
                    -static_cast<double>(glyphs->glyph->bitmap_top),
                    bitmap.width,
                    bitmap.rows,
                    {}};
  for (std::size_t y = 0; y < pixels.height; ++y) {
    const unsigned char* row = bitmap.buffer + static_cast<std::ptrdiff_t>(y) * bitmap.pitch;
    for (std::size_t x = 0; x < pixels.width; ++x, row += 4) pixels.pixels.push_back({row[2], row[1], row[0], row[3]});
  }
  return pixels;
}

std::vector<ColorLayer> Face::layers(std::uint32_t glyph) const {
  hb_face_t* tables = readers_->tables.get();
  const AllocationCheck memory;
  std::vector<ColorLayer> layers;
  if (hb_ot_color_has_layers(tables) == 0) return layers;
  const unsigned count = hb_ot_color_glyph_get_layers(tables, glyph, 0, nullptr, nullptr);
  for (unsigned k = 0; k < count; ++k) {
    hb_ot_color_layer_t layer{};
    unsigned one = 1;
    hb_ot_color_glyph_get_layers(tables, glyph, k, &one, &layer);
    constexpr unsigned of_text = 0xFFFF;
    hb_color_t color = 0;
    one = 1;
    if (layer.color_index != of_text) hb_ot_color_palette_get_colors(tables, 0, layer.color_index, &one, &color);
    // Blue, green, red, opacity, from the highest byte.
    const auto byte = [color](int shift) { return static_cast<std::uint8_t>(color >> shift & 0xFF); };
    if (layer.color_index == of_text || one == 0)
      layers.push_back({layer.glyph, {}, 1});
    else
      layers.push_back({layer.glyph, Rgb{byte(8), byte(16), byte(24)}, byte(0) / 255.0});
  }
  memory.check();
  return layers;
}

hb_font_t* Face::shaper() const { return readers_->shaper.get(); }

}  // namespace attn
