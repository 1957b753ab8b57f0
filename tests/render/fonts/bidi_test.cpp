// Directions: levels of letters, the order of parts, and what a PNG shows of both.
#include "render/fonts/bidi.hpp"

#include "../picture.hpp"
#include "core/utf8.hpp"
#include "render/compose.hpp"
#include "render/font.hpp"

using namespace attn;
using namespace attn::test;

namespace {

// The letters from left to right.
std::string shown(const std::string& text) {
  const std::vector<char32_t> letters = decode_utf8(text);
  std::string order;
  for (const std::size_t k : visual_order(bidi_levels(letters))) append_utf8(order, letters[k]);
  return order;
}

}  // namespace

TEST_CASE("letters that are written from right to left are turned round, others are not") {
  CHECK(shown("").empty());
  CHECK(shown("été, 日本") == "été, 日本");
  CHECK(shown("שלום") == "םולש");
  CHECK(shown("שלום עולם!") == "םלוע םולש!");
  CHECK(shown("##לום") == "##םול");
  CHECK(shown("a שלום b") == "a םולש b");
  CHECK(shown("של…ם") == "ם…לש");
  CHECK(shown("\xFFש") == "\uFFFDש");
}

TEST_CASE("numbers are read from the left, and stand where those who read from the right expect them") {
  CHECK(shown("שלום 123 עולם") == "םלוע 123 םולש");
  CHECK(shown("عدد ١٢") == "١٢ ددع");
  CHECK(shown("(שלום)") == "(םולש)");
}

TEST_CASE("parts of higher levels are turned round within those of lower ones") {
  const auto order = [](std::vector<std::uint8_t> levels) { return visual_order(levels); };
  CHECK(order({}).empty());
  CHECK(order({0, 0, 0}) == std::vector<std::size_t>{0, 1, 2});
  CHECK(order({0, 1, 1}) == std::vector<std::size_t>{0, 2, 1});
  CHECK(order({1, 2, 2, 1, 0}) == std::vector<std::size_t>{3, 1, 2, 0, 4});
}

TEST_CASE("a PNG has such letters in their order") {
  // Yod hangs above the middle, shin does not: what lies below it at the left tells which stands there.
  const auto ink_at_left = [](const std::string& token) {
    Heatmap heatmap = heatmap_of(varied(1, 1));
    heatmap.panels[0].row_labels = {token};
    const Decoded picture = decode_png(render_png(heatmap));
    std::size_t ink = 0;
    for (const Text& text : shapes_of<Text>(compose(heatmap, Font::built_in()))) {
      if (text.text != token) continue;
      const double left = text.x - Font::built_in().width(token, text.size);
      const double yod = Font::built_in().width("\u05D9", text.size);
      ink += picture.ink({left, text.y + 2, yod - 2, 8}, Rgb{255, 255, 255});
    }
    return ink;
  };
  CHECK(ink_at_left("\u05D9\u05E9") > 2);
  CHECK(3 * ink_at_left("\u05E9\u05D9") <= ink_at_left("\u05D9\u05E9"));  // what comes first stands at the right
}
