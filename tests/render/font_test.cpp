// Fonts: widths, boxes for what a font lacks, escapes, cuts, and turned glyphs.
#include "render/font.hpp"

#include <numeric>

#include "picture.hpp"

using namespace attn;
using attn::test::error_of;

namespace {

const Font& font() { return Font::built_in(); }

long ink(const GlyphPixels& bitmap) { return std::accumulate(bitmap.coverage.begin(), bitmap.coverage.end(), 0L); }

GlyphPixels drawn(const PlacedGlyph& glyph, const GlyphPlace& place) { return font().rasterize(glyph, place, {}); }

}  // namespace

TEST_CASE("a text's width grows with its letters and its size") {
  CHECK(font().width("", 10) == 0);
  CHECK(font().width("mm", 10) == Approx(2 * font().width("m", 10)));
  CHECK(font().width("m", 20) == Approx(2 * font().width("m", 10)));
  CHECK(font().width("i", 10) < font().width("m", 10));
}

TEST_CASE("kerned pairs stand closer") {
  CHECK(font().width("AV", 100) < font().width("A", 100) + font().width("V", 100) - 1);
}

TEST_CASE("capitals are as high as DejaVu Sans says") {
  CHECK(font().cap_height(100) == Approx(72.9).margin(0.1));
  CHECK(font().line_height(100) == Approx(116.4).margin(0.2));
}

TEST_CASE("UTF-8 is read as code points, not bytes") {
  CHECK(font().place("é", 10).size() == 1);
  CHECK(font().place("Ġthe", 10).size() == 4);
}

TEST_CASE("a code point that no font has is its code in a box") {
  const auto placed = font().place("力", 10);
  REQUIRE(placed.size() == 1);
  CHECK(placed[0].face == no_face);
  CHECK(placed[0].glyph == 0x529B);
  const auto ink_of = [](const char* text) { return ink(drawn(font().place(text, 40)[0], {40, 0, 0, 0})); };
  CHECK(ink_of("力") > 0);
  CHECK(ink_of("力") != ink_of("加"));                             // other digits
  CHECK(font().width("\U00012000", 10) > font().width("力", 10));  // five digits stand in three columns
  std::set<char32_t> missing;
  font().add_missing("a力b\n\U00012000", missing);
  CHECK(missing == std::set<char32_t>{0x529B, 0x12000});
  CHECK(missing_text(missing) ==
        "no font has 力 (U+529B), \U00012000 (U+12000): the picture shows codes; `font` gives a "
        "font that has them, and may be repeated");
  for (char32_t c = 0x4E00; c < 0x4E06; ++c) missing.insert(c);
  CHECK(missing_text(missing).find(" and 3 more: ") != std::string::npos);
}

TEST_CASE("a text cut in the middle keeps both ends") {
  const std::string cut = font().elide("the_first_of_many_1", 10, 60, Cut::middle);
  CHECK(cut.starts_with("the"));
  CHECK(cut.ends_with("y_1"));
  CHECK(cut.find("…") != std::string::npos);
  CHECK(font().width(cut, 10) <= 60);
  CHECK(font().elide("mmm", 10, 1, Cut::middle) == "…");
}

TEST_CASE("joiners and variation selectors take no room") { CHECK(font().place("a\u200d\ufe0f", 10).size() == 1); }

TEST_CASE("control characters are written as escapes") {
  CHECK(font().width("a\nb", 10) == font().width("a\\nb", 10));
  CHECK(font().width("\t\r", 10) == font().width("\\t\\r", 10));
  CHECK(font().width("\x1b[", 10) == font().width("\\x1b[", 10));
}

TEST_CASE("text past a limit is cut with an ellipsis") {
  CHECK(font().elide("short", 10, 100) == "short");
  const std::string cut = font().elide("internationalization", 10, 50);
  CHECK(cut.ends_with("…"));
  CHECK(cut.starts_with("inter"));
  CHECK(font().width(cut, 10) <= 50);
}

TEST_CASE("a turned glyph has the same ink in a turned box") {
  const PlacedGlyph glyph = font().place("L", 40)[0];
  const GlyphPixels upright = drawn(glyph, {40, 0, 0, 0});
  const GlyphPixels turned = drawn(glyph, {40, 90, 0, 0});
  CHECK(ink(turned) == Approx(static_cast<double>(ink(upright))).epsilon(0.01));
  CHECK(std::abs(turned.width - upright.height) <= 1);
  CHECK(std::abs(turned.height - upright.width) <= 1);
  CHECK(upright.top < -20);
  CHECK(turned.left < -20);
  CHECK(ink(drawn(glyph, {40, 45, 0, 0})) == Approx(static_cast<double>(ink(upright))).epsilon(0.01));
}

TEST_CASE("a glyph's place inside a pixel changes its coverage") {
  const PlacedGlyph glyph = font().place("l", 13)[0];
  CHECK(drawn(glyph, {13, 0, 0, 0}).coverage != drawn(glyph, {13, 0, 0.5, 0}).coverage);
}

TEST_CASE("what is no font is refused") {
  const auto message = [](const std::string& bytes) {
    return error_of(ErrorKind::data, [&] { Font({bytes}, "x.ttf"); });
  };
  CHECK(message("") == "x.ttf: is not a TrueType font; give a .ttf or .otf file");
  CHECK(message(std::string(200, 'x')) == "x.ttf: is not a TrueType font; give a .ttf or .otf file");
  CHECK(message("wOFF" + std::string(200, '\0')) == "x.ttf: is not a TrueType font; give a .ttf or .otf file");
}
