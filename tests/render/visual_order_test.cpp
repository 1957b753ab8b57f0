// The order of letters that are written from right to left.
#include "render/visual_order.hpp"

#include "picture.hpp"
#include "render/compose.hpp"
#include "render/font.hpp"

using namespace attn;
using namespace attn::test;

TEST_CASE("letters that are written from right to left are turned round, others are not") {
  CHECK(visual_order("") == "");
  CHECK(visual_order("été, 日本") == "été, 日本");
  CHECK(visual_order("שלום") == "םולש");
  CHECK(visual_order("שלום עולם!") == "םלוע םולש!");
  CHECK(visual_order("##לום") == "##םול");
  CHECK(visual_order("a שלום b") == "a םולש b");
  CHECK(visual_order("שלום 123 עולם") == "םולש 123 םלוע");
  CHECK(visual_order("של…ם") == "ם…לש");
  // A mark stays after its letter.
  CHECK(visual_order("בְּ") == "בְּ");
  CHECK(visual_order("בְּר") == "רבְּ");
  CHECK(visual_order("\xFFש") == "\uFFFDש");
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
