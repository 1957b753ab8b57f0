// Shapes runs with HarfBuzz.
#include "render/fonts/shaping.hpp"

#include <hb.h>

#include <array>
#include <memory>

#include "render/fonts/allocations.hpp"

namespace attn {
namespace {

struct DestroyBuffer {
  void operator()(hb_buffer_t* buffer) const { hb_buffer_destroy(buffer); }
};

bool is_alphabetic(std::uint32_t script) {
  return script == HB_SCRIPT_LATIN || script == HB_SCRIPT_GREEK || script == HB_SCRIPT_CYRILLIC ||
         script == HB_SCRIPT_COMMON;
}

}  // namespace

std::vector<ShapedGlyph> shape(std::span<const char32_t> text, const TextRun& run, const Face& face) {
  const AllocationCheck memory;
  const std::unique_ptr<hb_buffer_t, DestroyBuffer> buffer(hb_buffer_create());
  // All of the text, since letters join across runs. Code points are the same 32 bits by another name.
  const std::vector<std::uint32_t> characters(text.begin(), text.end());
  hb_buffer_add_utf32(buffer.get(), characters.data(), static_cast<int>(characters.size()),
                      static_cast<unsigned>(run.begin), static_cast<int>(run.end - run.begin));
  hb_buffer_set_direction(buffer.get(), run.level % 2 == 1 ? HB_DIRECTION_RTL : HB_DIRECTION_LTR);
  hb_buffer_set_script(buffer.get(), static_cast<hb_script_t>(run.script));
  // Otherwise that of the environment: the same text would be another picture elsewhere.
  hb_buffer_set_language(buffer.get(), hb_language_from_string("und", -1));
  hb_buffer_set_flags(buffer.get(), HB_BUFFER_FLAG_REMOVE_DEFAULT_IGNORABLES);

  const auto off = [](hb_tag_t tag) { return hb_feature_t{tag, 0, HB_FEATURE_GLOBAL_START, HB_FEATURE_GLOBAL_END}; };
  const std::array features{off(HB_TAG('l', 'i', 'g', 'a')), off(HB_TAG('c', 'l', 'i', 'g'))};
  const auto count = static_cast<unsigned>(is_alphabetic(run.script) ? features.size() : 0);
  const bool is_shaped = hb_shape_full(face.shaper(), buffer.get(), features.data(), count, nullptr) != 0;
  memory.check();
  if (!is_shaped) throw std::bad_alloc();

  unsigned length = 0;
  const hb_glyph_info_t* infos = hb_buffer_get_glyph_infos(buffer.get(), &length);
  const hb_glyph_position_t* places = hb_buffer_get_glyph_positions(buffer.get(), &length);
  std::vector<ShapedGlyph> glyphs;
  glyphs.reserve(length);
  for (unsigned k = 0; k < length; ++k)
    glyphs.push_back({infos[k].codepoint, static_cast<double>(places[k].x_advance),
                      static_cast<double>(places[k].x_offset), static_cast<double>(places[k].y_offset),
                      infos[k].cluster});
  return glyphs;
}

}  // namespace attn
