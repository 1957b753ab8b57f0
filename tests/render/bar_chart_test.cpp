// Bar charts: what is drawn, and that it is inside the picture.
#include "render/bar_chart.hpp"

#include <algorithm>

#include "render/picture.hpp"
#include "render/picture_formats.hpp"

using namespace attn;
using namespace attn::test;

namespace {

BarChart two_bars() {
  BarChart chart;
  chart.title = "Title";
  chart.notes = {"a note"};
  chart.series = {"first", "second"};
  chart.bars = {{"half", 0.5, "", {"12 ms"}, 0}, {"all", 1.0, "", {"9 ms"}, 1}, {"none", {}, "skipped", {}, 0}};
  return chart;
}

std::vector<std::string> texts_of(const Scene& scene) {
  std::vector<std::string> texts;
  for (const Text& text : shapes_of<Text>(scene)) texts.push_back(text.text);
  return texts;
}

bool has(const Scene& scene, const std::string& text) {
  const std::vector<std::string> all = texts_of(scene);
  return std::find(all.begin(), all.end(), text) != all.end();
}

// The bars, without the squares of the legend.
std::vector<FilledBox> bars_of(const Scene& scene) {
  std::vector<FilledBox> bars;
  for (const FilledBox& filled : shapes_of<FilledBox>(scene))
    if (filled.box.width != filled.box.height) bars.push_back(filled);
  return bars;
}

}  // namespace

TEST_CASE("a bar is as long as its share, and has it as percents") {
  const Scene scene = draw_bar_chart(two_bars(), Font::built_in());
  const std::vector<FilledBox> bars = bars_of(scene);
  REQUIRE(bars.size() == 2);
  CHECK(bars[1].box.width == Approx(2 * bars[0].box.width));
  CHECK(bars[0].box.x == bars[1].box.x);
  CHECK(bars[0].box.bottom() < bars[1].box.y);
  CHECK_FALSE(bars[0].color == bars[1].color);
  for (const char* text : {"Title", "a note", "half", "all", "none", "50 %", "12 ms", "9 ms", "skipped", "first",
                           "second", "0 %", "20 %"}) {
    INFO(text);
    CHECK(has(scene, text));
  }
}

TEST_CASE("the legend has the series that bars have") {
  BarChart chart = two_bars();
  chart.bars.erase(chart.bars.begin() + 1);
  const Scene scene = draw_bar_chart(chart, Font::built_in());
  CHECK(has(scene, "first"));
  CHECK_FALSE(has(scene, "second"));
}

TEST_CASE("every text is inside the picture, whatever its length") {
  const auto check_inside = [](const BarChart& drawn) {
    const Font& font = Font::built_in();
    const Scene scene = draw_bar_chart(drawn, font);
    for (const Text& text : shapes_of<Text>(scene)) {
      INFO(text.text);
      const double width = font.width(text.text, text.size);
      const double left = text.horizontal == HorizontalAnchor::start ? text.x
                          : text.horizontal == HorizontalAnchor::end ? text.x - width
                                                                     : text.x - 0.5 * width;
      CHECK(left >= 0);
      CHECK(left + width <= static_cast<double>(scene.width));
      CHECK(text.y <= static_cast<double>(scene.height));
    }
  };
  check_inside(two_bars());
  const std::string longest(120, 'm');
  for (std::string& (*place)(BarChart&) :
       {+[](BarChart& c) -> std::string& { return c.title; }, +[](BarChart& c) -> std::string& { return c.notes[0]; },
        +[](BarChart& c) -> std::string& { return c.series[1]; },
        +[](BarChart& c) -> std::string& { return c.bars[0].label; },
        +[](BarChart& c) -> std::string& { return c.bars[0].columns[0]; },
        +[](BarChart& c) -> std::string& { return c.bars[2].note; }}) {
    BarChart chart = two_bars();
    place(chart) = longest;
    check_inside(chart);
  }
}

TEST_CASE("the axis goes on past 100 % for a share that does") {
  BarChart chart = two_bars();
  CHECK_FALSE(has(draw_bar_chart(chart, Font::built_in()), "120 %"));
  chart.bars[1].share = 1.13;
  const Scene scene = draw_bar_chart(chart, Font::built_in());
  CHECK(has(scene, "120 %"));
  CHECK_FALSE(has(scene, "140 %"));
  CHECK(has(scene, "113 %"));
}

TEST_CASE("a chart's PNG has the background of its theme and its bars' colours") {
  BarChart chart = two_bars();
  for (const Theme theme : {Theme::light, Theme::dark}) {
    chart.theme = theme;
    const Scene scene = draw_bar_chart(chart, Font::built_in());
    const Decoded png = decode_png(encode_png(scene, Font::built_in()));
    CHECK(png.width == scene.width);
    CHECK(png.height == scene.height);
    CHECK(png.at(1, 1) == scene.background);
    const FilledBox bar = bars_of(scene)[0];
    CHECK(png.at(bar.box.x + 3, bar.box.y + 0.5 * bar.box.height) == bar.color);
  }
}
