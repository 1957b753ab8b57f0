// Damaged fonts: each is drawn, or refused by one Error; thousands of them.
#include <algorithm>
#include <array>

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

// Lays out and draws words of several scripts, upright and turned.
void draw(const Font& font) {
  for (const char* text : {"The AV 0.25", "e\u0301x\u0323", "\u0633\u0644\u0627\u0645", "\u05D0(1)", "\U0001F917"})
    for (const PlacedGlyph& placed : font.place(text, 14))
      for (const double angle : {0.0, 45.0}) font.rasterize(placed, {14, angle, 0.25, 0}, {});
}

// Numbers that are the same everywhere (https://prng.di.unimi.it/splitmix64.c).
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return static_cast<std::size_t>((z ^ z >> 31) % bound);
  }

 private:
  std::uint64_t state_;
};

struct Span {
  std::size_t begin, length;
};

// What a mutation may hit: the directory, the head of each table, where numbers steer readers, and all of it.
std::vector<Span> targets_of(const std::string& font) {
  const std::size_t tables = sfnt_number(font, 4, 2);
  std::vector<Span> targets{{0, 12 + 16 * tables}, {0, font.size()}};
  for (std::size_t i = 0; i < tables; ++i) {
    const std::size_t begin = sfnt_number(font, 12 + 16 * i + 8, 4), length = sfnt_number(font, 12 + 16 * i + 12, 4);
    targets.push_back({begin, length});
    targets.push_back({begin, std::min<std::size_t>(length, 64)});
  }
  return targets;
}

std::string mutated(const std::string& font, const std::vector<Span>& targets, std::uint64_t seed) {
  Numbers numbers(seed);
  std::string bytes = font;
  const std::size_t kind = numbers.below(8);
  const std::size_t times = 1 + numbers.below(8);
  for (std::size_t k = 0; k < times; ++k) {
    const Span target = targets[numbers.below(targets.size())];
    if (target.length == 0 || target.begin + target.length > bytes.size()) continue;
    const std::size_t at = target.begin + numbers.below(target.length);
    const std::size_t left = target.begin + target.length - at;
    switch (kind) {
      case 0: bytes.resize(at); break;
      case 1: std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + numbers.below(left), '\0'); break;
      case 2: std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 1 + numbers.below(left), '\xFF'); break;
      case 3: bytes[at] = static_cast<char>(bytes[at] ^ 1 << numbers.below(8)); break;
      case 4: bytes[at] = static_cast<char>(numbers.below(256)); break;
      case 5: put(bytes, at, static_cast<std::uint32_t>(numbers.below(0x10000)), left > 1 ? 2 : 1); break;
      case 6: bytes.erase(at, 1 + numbers.below(std::min<std::size_t>(left, 16))); break;
      default: bytes.insert(at, 1 + numbers.below(16), static_cast<char>(numbers.below(256))); break;
    }
  }
  return bytes;
}

struct Outcome {
  std::size_t drawn = 0, refused = 0, unforeseen = 0;
};

// Of mutations 0 … count − 1 of a font.
Outcome outcome_of(const std::string& font, std::uint64_t count) {
  const std::vector<Span> targets = targets_of(font);
  Outcome outcome;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    INFO("mutation " << seed);
    try {
      draw(Font({mutated(font, targets, seed)}, "x.ttf"));
      ++outcome.drawn;
    } catch (const Error& error) {
      ++outcome.refused;
      CHECK(error.where() == "x.ttf");
      CHECK(error.kind() == ErrorKind::data);
    } catch (const std::exception& error) {
      ++outcome.unforeseen;
      INFO(error.what());
      CHECK(outcome.unforeseen == 0);
    }
  }
  return outcome;
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

TEST_CASE("mutations of the built-in font are drawn or refused") {
  const Outcome outcome = outcome_of(embedded_font(), 1500);
  CHECK(outcome.drawn > 200);
  CHECK(outcome.refused > 200);
}

TEST_CASE("mutations of small fonts are drawn or refused") {
  // What other tests draw with; here all of it is within reach of a mutation.
  CHECK(outcome_of(font_of_pixels(), 1500).unforeseen == 0);
  FontTables tables = tables_of(font_in_layers());
  for (const char* unused : {"GDEF", "GPOS", "GSUB", "name", "post", "kern", "prep", "fpgm", "cvt "})
    tables.erase(unused);
  CHECK(outcome_of(font_of_tables(tables), 1000).unforeseen == 0);
}

TEST_CASE("mutated fonts make pictures, or one error") {
  const std::string font = embedded_font();
  const std::vector<Span> targets = targets_of(font);
  for (std::uint64_t seed = 100000; seed < 100200; ++seed) {
    Heatmap heatmap = heatmap_of(varied(3, 3));
    heatmap.panels[0].row_labels = {"The", "\u0633\u0644\u0627\u0645", "3"};
    heatmap.style.title = "Title";
    heatmap.style.fonts = {mutated(font, targets, seed)};
    INFO("mutation " << seed);
    try {
      const std::string png = render_png(heatmap);
      CHECK(decode_png(png).width > 0);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::data);
    }
  }
}
