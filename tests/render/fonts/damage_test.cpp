// Damaged fonts: each is refused by one Error. tests/fuzz has thousands of them.
#include "../picture.hpp"
#include "render/compose.hpp"
#include "render/font.hpp"
#include "render/fonts/sfnt.hpp"
#include "sample_fonts.hpp"

using namespace attn;
using namespace attn::test;

namespace {

std::string refusal(const std::string& bytes) {
  return error_of(ErrorKind::data, [&] { Font({bytes}, "x.ttf"); });
}

void put(std::string& bytes, std::size_t at, std::uint32_t value, int size) {
  for (int k = 0; k < size; ++k)
    bytes.at(at + static_cast<std::size_t>(k)) = static_cast<char>(value >> 8 * (size - 1 - k));
}

}  // namespace

TEST_CASE("what is damaged is named") {
  const std::string font = embedded_font();
  CHECK(refusal(font.substr(0, font.size() / 2)) ==
        "x.ttf: is cut short, or damaged: a table of the font ends past the file's end");
  std::string changed = font;
  put(changed, place_of_table(font, "head") + 18, 0, 2);  // units an em
  CHECK(refusal(changed) == "x.ttf: is not a font that can be read, or damaged");
  changed = font;
  put(changed, place_of_table(font, "hhea") + 4, 0x7FFF, 2);
  CHECK(refusal(changed).starts_with("x.ttf: is damaged: its letters reach from -0.23"));
  FontTables tables = tables_of(font);
  tables.erase("cmap");
  CHECK(refusal(font_of_tables(tables)) == "x.ttf: is damaged: it has no table of characters");
  tables = tables_of(font);
  tables.erase("head");
  CHECK(refusal(font_of_tables(tables)) == "x.ttf: is not a font that can be read, or damaged");
  // Pixels without colours: FreeType knows them by other names.
  tables = tables_of(font_of_pixels());
  for (const auto& [colored, grey] : {std::pair{"CBDT", "EBDT"}, {"CBLC", "EBLC"}}) {
    tables[grey] = tables[colored].replace(1, 1, 1, '\2');
    tables.erase(colored);
  }
  CHECK(refusal(font_of_tables(tables)) == "x.ttf: has no outlines of letters; give another font");
}

TEST_CASE("a damaged letter is refused once it is drawn") {
  FontTables tables = tables_of(embedded_font());
  const std::size_t glyph = Font::built_in().place("T", 10)[0].glyph;
  const std::size_t place = sfnt_number(tables["loca"], 4 * glyph, 4);
  put(tables["glyf"], place, 0x7FFF, 2);  // contours
  const Font font({font_of_tables(tables)}, "x.ttf");
  CHECK(font.width("T", 10) == Font::built_in().width("T", 10));
  const auto drawn = [&](const std::string& letter) {
    return font.rasterize(font.place(letter, 10)[0], {10, 0, 0, 0}, {}).coverage.size();
  };
  CHECK(drawn("U") > 0);
  CHECK(error_of(ErrorKind::data, [&] { drawn("T"); }) ==
        "x.ttf: is damaged: its glyph " + std::to_string(glyph) + " cannot be read");
}

TEST_CASE("a letter that would fill halls is refused") {
  std::string font = embedded_font();
  put(font, place_of_table(font, "head") + 18, 16, 2);  // units an em
  put(font, place_of_table(font, "hhea") + 4, 16, 2);
  put(font, place_of_table(font, "hhea") + 6, 0, 2);
  CHECK(refusal(font).ends_with(" is larger than 32 ems"));
}

TEST_CASE("a collection's first font is read, wherever its directory stands") {
  const std::string font = embedded_font();
  std::string collection("ttcf\0\1\0\0\0\0\0\1\0\0\0\x10", 16);
  FontTables tables = tables_of(font);
  std::string moved = font_of_tables(tables);
  for (std::size_t i = 0; i < tables.size(); ++i)
    put(moved, 12 + 16 * i + 8, sfnt_number(moved, 12 + 16 * i + 8, 4) + 16, 4);
  CHECK(Font({collection + moved}, "x").width("AV", 10) == Font::built_in().width("AV", 10));
  put(collection, 12, 0xFFFFFFF0, 4);
  CHECK(refusal(collection + moved) == "x.ttf: is cut short, or damaged: a table of the font ends past the file's end");
}
