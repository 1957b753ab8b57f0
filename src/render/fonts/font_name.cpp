// Reads the tables name and OS/2 (https://learn.microsoft.com/typography/opentype/spec).
#include "render/fonts/font_name.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/utf8.hpp"
#include "render/fonts/sfnt.hpp"

namespace attn {
namespace {

std::string from_utf16(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = sfnt_number(bytes, i, 2);
    const char32_t next = sfnt_number(bytes, i + 2, 2);
    if (c >= 0xD800 && c < 0xDC00 && next >= 0xDC00 && next < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00);
      i += 2;
    }
    append_utf8(text, c);
  }
  return text;
}

// A name in English for Windows, which every font has. The typographic family is the one that weights and widths
// belong to, where there are more of them than regular, bold and italic.
std::string family(std::string_view names) {
  constexpr std::uint32_t family_id = 1, typographic_family_id = 16;
  std::string found;
  const std::size_t count = sfnt_number(names, 2, 2);
  const std::size_t strings = sfnt_number(names, 4, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t record = 6 + 12 * i;
    const std::uint32_t id = sfnt_number(names, record + 6, 2);
    const bool is_english = sfnt_number(names, record, 2) == 3 && sfnt_number(names, record + 4, 2) == 0x409;
    if (!is_english || (id != family_id && id != typographic_family_id)) continue;
    std::string name =
        from_utf16(sfnt_part(names, strings + sfnt_number(names, record + 10, 2), sfnt_number(names, record + 8, 2)));
    if (id == typographic_family_id) return name;
    found = std::move(name);
  }
  return found;
}

}  // namespace

FontName read_font_name(std::string_view bytes) {
  FontName name{.family = family(sfnt_table(bytes, "name"))};
  const std::string_view metrics = sfnt_table(bytes, "OS/2");
  const auto weight = static_cast<int>(sfnt_number(metrics, 4, 2));
  if (weight >= 1 && weight <= 1000) name.weight = weight;
  constexpr std::array<std::string_view, 10> stretches{
      "", "ultra-condensed", "extra-condensed", "condensed",      "semi-condensed",
      "", "semi-expanded",   "expanded",        "extra-expanded", "ultra-expanded"};
  const std::uint32_t stretch = sfnt_number(metrics, 6, 2);
  if (stretch < stretches.size()) name.stretch = stretches[stretch];
  if ((sfnt_number(metrics, 62, 2) & 1) != 0) name.style = "italic";
  return name;
}

}  // namespace attn
