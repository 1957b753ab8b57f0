// Takes fonts apart and puts them together (https://learn.microsoft.com/typography/opentype/spec).
#include "sample_fonts.hpp"

#include <cstdint>
#include <initializer_list>
#include <stdexcept>

#include "attn/image.hpp"
#include "render/fonts/sfnt.hpp"
#include "render/png.hpp"

extern "C" {
extern const unsigned char attn_embedded_font[];
extern const unsigned char attn_embedded_font_end[];
}

namespace attn::test {
namespace {

/// Big-endian numbers, of two bytes unless said otherwise.
class Table {
 public:
  Table& words(std::initializer_list<std::uint32_t> values) { return numbers(values, 2); }
  Table& longs(std::initializer_list<std::uint32_t> values) { return numbers(values, 4); }
  Table& bytes(std::initializer_list<std::uint32_t> values) { return numbers(values, 1); }
  Table& text(std::string_view text) {
    bytes_ += text;
    return *this;
  }
  const std::string& done() const { return bytes_; }

 private:
  Table& numbers(std::initializer_list<std::uint32_t> values, int size) {
    for (const std::uint32_t value : values)
      for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes_ += static_cast<char>(value >> shift & 0xFF);
    return *this;
  }
  std::string bytes_;
};

}  // namespace

std::string embedded_font() {
  return {reinterpret_cast<const char*>(attn_embedded_font), reinterpret_cast<const char*>(attn_embedded_font_end)};
}

FontTables tables_of(std::string_view font) {
  FontTables tables;
  const std::size_t count = sfnt_number(font, 4, 2);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view entry = sfnt_part(font, 12 + 16 * i, 16);
    tables[std::string(entry.substr(0, 4))] = sfnt_part(font, sfnt_number(entry, 8, 4), sfnt_number(entry, 12, 4));
  }
  return tables;
}

std::string font_of_tables(const FontTables& tables) {
  const auto count = static_cast<std::uint32_t>(tables.size());
  Table directory;
  directory.longs({0x10000}).words({count, 0, 0, 0});
  std::string bodies;
  for (const auto& [tag, body] : tables) {
    const std::uint32_t place = 12 + 16 * count + static_cast<std::uint32_t>(bodies.size());
    directory.text(tag).longs({0, place, static_cast<std::uint32_t>(body.size())});
    bodies += body;
    bodies.resize((bodies.size() + 3) / 4 * 4);
  }
  return directory.done() + bodies;
}

std::size_t place_of_table(std::string_view font, std::string_view tag) {
  const std::size_t count = sfnt_number(font, 4, 2);
  for (std::size_t i = 0; i < count; ++i)
    if (sfnt_part(font, 12 + 16 * i, 4) == tag) return sfnt_number(font, 12 + 16 * i + 8, 4);
  throw std::logic_error("the font has no table " + std::string(tag));
}

std::string font_in_layers() {
  FontTables tables = tables_of(embedded_font());
  constexpr std::uint32_t glyph_a = 36, glyph_i = 44, glyph_o = 50, of_text = 0xFFFF;
  tables["COLR"] = Table()
                       .words({0, 1})
                       .longs({14, 20})
                       .words({2})
                       .words({glyph_a, 0, 2})
                       .words({glyph_o, 0, glyph_i, of_text})
                       .done();
  tables["CPAL"] = Table().words({0, 1, 1, 1}).longs({14}).words({0}).bytes({0, 0, 255, 255}).done();
  return font_of_tables(tables);
}

std::string font_of_pixels() {
  FontTables tables;
  tables["head"] = tables_of(embedded_font()).at("head");
  tables["hhea"] = Table().longs({0x10000}).words({2048, 0, 0, 2048, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}).done();
  tables["maxp"] = Table().longs({0x5000}).words({2}).done();
  tables["hmtx"] = Table().words({0, 0, 2048, 0}).done();
  tables["cmap"] = Table()
                       .words({0, 1, 3, 10})
                       .longs({12})
                       .words({12, 0})
                       .longs({40, 0, 2, 'A', 'A', 1, 0x1F917, 0x1F917, 1})
                       .done();
  Image square{8, 8, std::vector<std::uint8_t>(8 * 8 * 3)};
  for (std::size_t k = 0; k < 8 * 8; ++k) square.rgb[3 * k] = k % 8 < 4 ? 255 : 0;
  const std::string png = png_of(square);
  const auto length = static_cast<std::uint32_t>(png.size());
  // One size, whose one subtable has glyph 1 in format 17: metrics of five bytes, then a PNG.
  tables["CBDT"] = Table().longs({0x30000}).bytes({8, 8, 0, 8, 8}).longs({length}).text(png).done();
  Table places;
  places.longs({0x30000, 1}).longs({56, 8 + 16, 1, 0});
  for (int line = 0; line < 2; ++line) places.bytes({8, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  places.words({1, 1}).bytes({8, 8, 32, 1});
  places.words({1, 1}).longs({8}).words({1, 17}).longs({4, 0, 9 + length});
  tables["CBLC"] = places.done();
  return font_of_tables(tables);
}

}  // namespace attn::test
