// Scripts whose letters join, move or carry marks; and which font draws which letters.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "../picture.hpp"
#include "render/font.hpp"
#include "sample_fonts.hpp"

using namespace attn;
using namespace attn::test;

namespace {

const Font& font() { return Font::built_in(); }

std::vector<std::uint32_t> glyphs(const Font& from, const std::string& text) {
  std::vector<std::uint32_t> glyphs;
  for (const PlacedGlyph& placed : from.place(text, 10)) glyphs.push_back(placed.glyph);
  return glyphs;
}
std::uint32_t glyph(const std::string& letter) { return glyphs(font(), letter).at(0); }

std::vector<std::size_t> faces(const Font& from, const std::string& text) {
  std::vector<std::size_t> faces;
  for (const PlacedGlyph& placed : from.place(text, 10)) faces.push_back(placed.face);
  return faces;
}

// A font of the system's, or nothing.
std::string system_font(const std::string& name) {
  std::ifstream file("/usr/share/fonts/truetype/noto/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Arabic letters take the forms of their places, from right to left") {
  const std::string seen = "\u0633", lam = "\u0644", alef = "\u0627", meem = "\u0645";
  const std::vector<std::uint32_t> word = glyphs(font(), seen + meem + seen);
  REQUIRE(word.size() == 3);
  CHECK(word[0] != word[2]);      // the last letter and the first
  CHECK(word[0] != glyph(seen));  // neither is as it stands alone
  CHECK(word[2] != glyph(seen));
  CHECK(glyphs(font(), lam + alef).size() == 1);                                   // the ligature that Arabic requires
  const std::vector<std::uint32_t> apart = glyphs(font(), lam + "\u200c" + alef);  // what does not join
  CHECK(apart == std::vector<std::uint32_t>{glyph(alef), glyph(lam)});
}

TEST_CASE("brackets look to the other side in words from the right") {
  const std::string alef = "\u05D0", bet = "\u05D1";
  CHECK(glyphs(font(), alef + "(" + bet) == std::vector<std::uint32_t>{glyph(bet), glyph(")"), glyph(alef)});
}

TEST_CASE("a mark stands over its letter, and takes no room") {
  const std::vector<PlacedGlyph> placed = font().place("x\u0323", 10);  // no letter of its own has this dot
  REQUIRE(placed.size() == 2);
  CHECK(placed[1].offset < font().width("x", 10));
  CHECK(font().width("x\u0323", 10) == Approx(font().width("x", 10)));
  CHECK(glyphs(font(), "e\u0301") == std::vector<std::uint32_t>{glyph("é")});
}

TEST_CASE("letters stay apart that Latin ligatures would join") {
  CHECK(glyphs(font(), "fi") == std::vector<std::uint32_t>{glyph("f"), glyph("i")});
  CHECK(glyphs(font(), "ffl").size() == 3);
}

TEST_CASE("a soft hyphen is a letter of its token") { CHECK(glyphs(font(), "a\u00ADb") == glyphs(font(), "a-b")); }

TEST_CASE("codes in boxes stand in the order of their letters") {
  const std::vector<PlacedGlyph> placed = font().place("\U00010900\U00010901", 10);  // Phoenician, from the right
  REQUIRE(placed.size() == 2);
  CHECK(placed[0].glyph == 0x10901);
  CHECK(placed[1].glyph == 0x10900);
}

TEST_CASE("emoji are asked of fonts of pixels first, letters last") {
  const Font with_pixels({font_of_pixels()}, "x");
  CHECK(faces(with_pixels, "A\U0001F917") == std::vector<std::size_t>{1, 0});
  CHECK(faces(with_pixels, "A\uFE0F") == std::vector<std::size_t>{0});           // asked for as a picture
  CHECK(faces(with_pixels, "\U0001F917\uFE0E") == std::vector<std::size_t>{0});  // nobody else has it
  CHECK(with_pixels.cap_height(100) == font().cap_height(100));                  // the first that has letters
  CHECK(with_pixels.name().family == "DejaVu Sans");
}

TEST_CASE("a glyph of pixels is scaled and turned") {
  const Font with_pixels({font_of_pixels()}, "x");
  const PlacedGlyph hug = with_pixels.place("\U0001F917", 16)[0];
  const auto red = [](const GlyphPixels& pixels, int x, int y) {
    const auto k = static_cast<std::size_t>((y - pixels.top) * pixels.width + x - pixels.left);
    return pixels.colors.at(k) == std::array<std::uint8_t, 4>{255, 0, 0, 255};
  };
  const GlyphPixels upright = with_pixels.rasterize(hug, {16, 0, 0, 0}, {});
  CHECK(upright.width == 16);
  CHECK(upright.height == 16);
  CHECK(upright.top == -16);
  CHECK(red(upright, 4, -8));
  CHECK_FALSE(red(upright, 12, -8));
  const GlyphPixels turned = with_pixels.rasterize(hug, {16, 90, 0, 0}, {});
  CHECK(red(turned, -8, -4));  // the left half is the lower one now
  CHECK_FALSE(red(turned, -8, -12));
  const GlyphPixels small = with_pixels.rasterize(hug, {2, 0, 0, 0}, {});
  CHECK(small.width == 2);
  CHECK(red(small, 0, -1));
}

TEST_CASE("layers lie upon each other in their colours, or in the text's") {
  const Font layered({font_in_layers()}, "x");
  const PlacedGlyph letter = layered.place("A", 40)[0];
  const auto count = [&](Rgb ink, std::array<std::uint8_t, 4> color) {
    const std::vector<std::array<std::uint8_t, 4>> colors = layered.rasterize(letter, {40, 0, 0, 0}, ink).colors;
    return std::count(colors.begin(), colors.end(), color);
  };
  CHECK(count({0, 0, 0}, {255, 0, 0, 255}) > 50);
  CHECK(count({1, 2, 3}, {1, 2, 3, 255}) > 50);
  CHECK(count({1, 2, 3}, {0, 0, 0, 255}) == 0);
  CHECK(layered.rasterize(layered.place("B", 40)[0], {40, 0, 0, 0}, {}).colors.empty());
}

TEST_CASE("a character whose paints are not read comes from the next font") {
  FontTables tables = tables_of(font_in_layers());
  tables["COLR"][1] = 1;  // of version 1, and without a layer
  tables["COLR"][3] = 0;
  tables["loca"] = std::string(tables["loca"].size(), '\0');  // no outline either
  const Font unread({font_of_tables(tables)}, "x");
  CHECK(faces(unread, "B") == std::vector<std::size_t>{1});
  CHECK(faces(unread, " ") == std::vector<std::size_t>{0});
}

TEST_CASE("Devanagari: letters move and join") {
  const std::string bytes = system_font("NotoSansDevanagari-Regular.ttf");
  if (bytes.empty()) {
    WARN("Noto Sans Devanagari is not on this system");
    return;
  }
  const Font devanagari({bytes}, "x");
  const std::string ka = "\u0915", vowel_i = "\u093F", virama = "\u094D", ssa = "\u0937";
  const std::vector<std::uint32_t> word = glyphs(devanagari, ka + vowel_i);
  REQUIRE(word.size() == 2);
  CHECK(word[1] == glyphs(devanagari, ka).at(0));            // the vowel stands before it
  CHECK(glyphs(devanagari, ka + virama + ssa).size() == 1);  // kssa
  CHECK(faces(devanagari, "a" + ka) == std::vector<std::size_t>{1, 0});
}

TEST_CASE("Thai: a tone stands higher over a vowel") {
  const std::string bytes = system_font("NotoSansThai-Regular.ttf");
  if (bytes.empty()) {
    WARN("Noto Sans Thai is not on this system");
    return;
  }
  const Font thai({bytes}, "x");
  const std::string tho = "\u0E17", vowel_ii = "\u0E35", tone = "\u0E48";
  const GlyphPlace place{40, 0, 0, 0};
  const auto top = [&](const std::string& text) {
    const PlacedGlyph last = thai.place(text, 40).back();
    return last.rise - thai.rasterize(last, place, {}).top;
  };
  CHECK(top(tho + vowel_ii + tone) > top(tho + tone) + 1);
  CHECK(thai.width(tho + vowel_ii + tone, 40) == Approx(thai.width(tho, 40)));
}
