// A font that has been damaged: it is drawn or refused.
//
// The bytes choose a font and then changes of it, each at a place of one of its tables, so that an input is some bytes
// though a font is many.
#include "render/font.hpp"

#include <array>

#include "attn/error.hpp"
#include "fuzz/fuzz.hpp"
#include "render/fonts/sample_fonts.hpp"
#include "render/fonts/sfnt.hpp"

using namespace attn;
using namespace attn::fuzz;

namespace {

std::string font_in_layers_alone() {
  test::FontTables tables = test::tables_of(test::font_in_layers());
  for (const char* unused : {"GDEF", "GPOS", "GSUB", "name", "post", "kern", "prep", "fpgm", "cvt "})
    tables.erase(unused);
  return test::font_of_tables(tables);
}

struct Span {
  std::size_t begin, length;
};

// What a change may hit: all of the font, the directory, and each table or its head, where numbers steer readers.
std::vector<Span> parts_of(const std::string& font) {
  const std::size_t tables = sfnt_number(font, 4, 2);
  std::vector<Span> parts{{0, font.size()}, {0, 12 + 16 * tables}};
  for (std::size_t i = 0; i < tables; ++i) {
    const std::size_t begin = sfnt_number(font, 12 + 16 * i + 8, 4), length = sfnt_number(font, 12 + 16 * i + 12, 4);
    parts.push_back({begin, length});
    parts.push_back({begin, std::min<std::size_t>(length, 64)});
  }
  return parts;
}

void change(Draw& draw, std::string& bytes, const std::vector<Span>& parts) {
  const std::size_t kind = draw.below(8);
  const Span part = parts[draw.below(parts.size())];
  if (part.length == 0 || part.begin + part.length > bytes.size()) return;
  const std::size_t place = draw.below(65536) + (part.length > 65536 ? 65536 * draw.byte() : 0);
  const std::size_t at = part.begin + place % part.length, left = part.begin + part.length - at;
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const std::size_t value = draw.byte();
  switch (kind) {
    case 0: bytes.resize(at); break;
    case 1: std::fill_n(begin, std::min(left, 1 + value * value), '\0'); break;
    case 2: std::fill_n(begin, std::min(left, 1 + value * value), '\xFF'); break;
    case 3: bytes[at] = static_cast<char>(bytes[at] ^ 1 << value % 8); break;
    case 4: bytes[at] = static_cast<char>(value); break;
    case 5:
      bytes[at] = static_cast<char>(value);
      if (left > 1) bytes[at + 1] = static_cast<char>(draw.byte());
      break;
    case 6: bytes.erase(at, 1 + value % 16); break;
    default: bytes.insert(at, 1 + value % 16, static_cast<char>(draw.byte())); break;
  }
}

// Words of several scripts, upright and turned.
void draw_words(const Font& font) {
  for (const char* text : {"The AV 0.25", "e\u0301x\u0323", "\u0633\u0644\u0627\u0645", "\u05D0(1)", "\U0001F917"})
    for (const PlacedGlyph& placed : font.place(text, 14))
      for (const double angle : {0.0, 45.0}) font.rasterize(placed, {14, angle, 0.25, 0}, {});
  font.name();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::string, 3> fonts{test::embedded_font(), test::font_of_pixels(), font_in_layers_alone()};
  Draw draw(data, size);
  std::string font = fonts[draw.below(fonts.size())];
  const std::vector<Span> parts = parts_of(font);
  for (std::size_t changes = 0; !draw.is_done() && changes < 16; ++changes) change(draw, font, parts);
  attempt([&] { draw_words(Font({font}, "x.ttf")); });
  return 0;
}
