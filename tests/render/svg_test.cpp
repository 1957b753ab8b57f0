// SVG pictures, read back: cells to the pixel, texts and their places, nothing but text of tokens.
#include <regex>

#include "picture.hpp"
#include "render/bar_chart.hpp"
#include "render/compose.hpp"
#include "render/geometry.hpp"
#include "render/picture_formats.hpp"
#include "render/xml.hpp"

using namespace attn;
using namespace attn::test;

namespace {

const Font& font() { return Font::built_in(); }

std::string svg_of(const Scene& scene) { return encode_svg(scene, font()); }
std::string svg_of(const Heatmap& heatmap) { return svg_of(compose(heatmap, font())); }

Scene scene_of_shapes(std::vector<Shape2D> shapes) {
  Scene scene{40, 30, 100, {255, 255, 255}, std::move(shapes)};
  return scene;
}

std::vector<std::smatch> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  return {std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator()};
}

int whole(const std::string& digits, int base = 10) { return std::stoi(digits, nullptr, base); }

// Draws the document's rectangles, by the path commands that they are made of.
Decoded painted(const std::string& svg) {
  const std::vector<std::smatch> size = matches(svg, R"(viewBox="0 0 (\d+) (\d+)\")");
  REQUIRE(size.size() == 1);
  Decoded picture{static_cast<std::size_t>(whole(size[0][1])), static_cast<std::size_t>(whole(size[0][2])), {}};
  picture.rgb.resize(3 * picture.width * picture.height);
  for (const std::smatch& path : matches(svg, R"re(<path fill="#(..)(..)(..)" d="([^"]*)"/>)re")) {
    int left = 0, top = 0;
    std::string rest = path[4];
    for (const std::smatch& box : matches(rest, R"(([Mm])(-?\d+) ?(-?\d+)h(\d+)v(\d+)h-(\d+)z)")) {
      left = whole(box[2]) + (box[1] == "m" ? left : 0);
      top = whole(box[3]) + (box[1] == "m" ? top : 0);
      REQUIRE(box[4] == box[6]);
      for (int y = top; y < top + whole(box[5]); ++y)
        for (int x = left; x < left + whole(box[4]); ++x)
          for (int c = 0; c < 3; ++c)
            picture.rgb.at(3 * (static_cast<std::size_t>(y) * picture.width + static_cast<std::size_t>(x)) +
                           static_cast<std::size_t>(c)) =
                static_cast<unsigned char>(whole(path[static_cast<std::size_t>(c) + 1], 16));
    }
    rest = std::regex_replace(rest, std::regex(R"([Mm]-?\d+ ?-?\d+h\d+v\d+h-\d+z)"), "");
    CHECK(rest.empty());
  }
  return picture;
}

// The scene without its texts as the canvas draws it.
Decoded drawn(Scene scene) {
  std::erase_if(scene.shapes, [](const Shape2D& shape) { return std::holds_alternative<Text>(shape); });
  return decode_png(encode_png(scene, font()));
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Elements open and close as they should; attributes have quotes; no character is one that XML forbids. Returns what
// stands between tags, without the line ends between elements.
std::vector<std::string> well_formed(const std::string& xml) {
  std::vector<std::string> open, texts;
  for (const char c : xml) REQUIRE((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  CHECK(xml.find("\xEF\xBF\xBE") == std::string::npos);
  CHECK(xml.find("\xEF\xBF\xBF") == std::string::npos);
  const std::regex tag(R"re(<(/?)([a-z]+)((?: [a-z:A-Z-]+="[^"<]*")*)(/?)>([^<>]*))re");
  auto at = xml.begin();
  std::smatch match;
  while (at != xml.end()) {
    REQUIRE(std::regex_search(at, xml.end(), match, tag, std::regex_constants::match_continuous));
    if (match[1].length() > 0) {
      REQUIRE_FALSE(open.empty());
      CHECK(open.back() == match[2]);
      open.pop_back();
    } else if (match[4].length() == 0) {
      open.push_back(match[2]);
    }
    const std::string text = match[5];
    CHECK(matches(text, "&(?!(amp|lt|gt|quot);)").empty());
    if (!text.empty() && text != "\n") texts.push_back(text);
    at = match[0].second;
  }
  CHECK(open.empty());
  return texts;
}

Text text_at(double x, double y, std::string words) {
  Text text;
  text.text = std::move(words);
  text.x = x;
  text.y = y;
  return text;
}

}  // namespace

TEST_CASE("SVG: every cell, frame and tick is where the PNG has it, in its colour") {
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1}, {4, 4}, {1, 20}, {20, 1}, {30, 47}})
    for (const Theme theme : {Theme::light, Theme::dark}) {
      Heatmap heatmap = heatmap_of(varied(rows, columns));
      heatmap.style.theme = theme;
      heatmap.panels.push_back(std::move(heatmap_of(varied(rows, columns)).panels[0]));
      const Scene scene = compose(heatmap, font());
      CHECK(painted(svg_of(scene)).rgb == drawn(scene).rgb);
    }
}

TEST_CASE("SVG: a bar chart's bars and lines are where the PNG has them") {
  BarChart chart;
  chart.title = "Title";
  chart.series = {"first", "second"};
  chart.bars = {{"half", 0.5, "", {"12 ms"}, 0}, {"all", 1.0, "", {"9 ms"}, 1}, {"none", {}, "skipped", {}, 0}};
  const Scene scene = draw_bar_chart(chart, font());
  CHECK(painted(svg_of(scene)).rgb == drawn(scene).rgb);
  CHECK(scene.title == "Title");
  CHECK(scene.description == "Bar chart of 3 bars; half: 50 %, 12 ms; all: 100 %, 9 ms; none: skipped.");
}

TEST_CASE("SVG: cells of one colour are one path, neighbours one rectangle") {
  const Rgb a{1, 2, 3}, b{250, 0, 16};
  const std::string svg = svg_of(scene_of_shapes({Cells{{10, 5, 12, 8}, 2, 3, {a, a, b, a, a, a}}}));
  CHECK(svg.find("<path fill=\"#010203\" d=\"M10 5h8v4h-8zm0 4h12v4h-12z\"/>\n"
                 "<path fill=\"#fa0010\" d=\"M18 5h4v4h-4z\"/>\n") != std::string::npos);
  // Columns too: rows that have the same run share a rectangle.
  const std::string columns = svg_of(scene_of_shapes({Cells{{0, 0, 9, 9}, 3, 3, {a, b, a, a, b, a, a, b, b}}}));
  CHECK(columns.find("d=\"M6 0h3v6h-3zm-6 0h3v9h-3z\"") != std::string::npos);
  CHECK(columns.find("d=\"M3 0h3v6h-3zm0 6h6v3h-6z\"") != std::string::npos);
}

TEST_CASE("SVG: rectangles of one colour that follow each other are one path") {
  const Rgb black{0, 0, 0};
  const std::string svg = svg_of(scene_of_shapes(
      {FilledBox{{1, 1, 2, 2}, black}, Line{5, 8, 15, 8, 1, black}, FilledBox{{1, 5, 2.4, 2}, {9, 9, 9}}}));
  CHECK(svg.find("<path fill=\"#000000\" d=\"M1 1h2v2h-2zm4 7h10v1h-10z\"/>") != std::string::npos);
  CHECK(svg.find("<path fill=\"#090909\" d=\"M1 5h2v2h-2z\"/>") != std::string::npos);
}

TEST_CASE("SVG: many cells are an image of their pixels, or paths where these are smaller") {
  const std::string noise = svg_of(heatmap_of(varied(400, 400)));
  CHECK(count(noise, "<image ") == 2);  // the colour bar is one
  CHECK(noise.find("image-rendering:pixelated") != std::string::npos);
  Tensor halves = Tensor::zeros(DType::f32, {1000, 1000});
  for (std::size_t k = 500'000; k < 1'000'000; ++k) halves.values<float>()[k] = 1;
  const std::string in_halves = svg_of(heatmap_of(std::move(halves)));
  CHECK(count(in_halves, "<image ") == 0);

  Tensor random(DType::f32, {1000, 1000});
  std::uint32_t state = 1;
  for (float& value : random.values<float>()) value = static_cast<float>((state = state * 1664525U + 1013904223U) >> 8);
  const std::string largest = svg_of(heatmap_of(std::move(random)));
  CHECK(largest.size() < 2'000'000);
}

TEST_CASE("SVG: texts stand at their anchors, on baselines that attn's font gives") {
  Text text = text_at(10.126, 20, "Hg");
  text.size = 12.5;
  text.color = {1, 2, 3};
  CHECK(svg_of(scene_of_shapes({text}))
            .find("<g font-size=\"12.5\" fill=\"#010203\">\n<text x=\"10.13\" y=\"20\">Hg</text>\n</g>") !=
        std::string::npos);
  text.horizontal = HorizontalAnchor::end;
  text.vertical = VerticalAnchor::top;  // 0.729 em of capitals below the anchor, on a whole row
  CHECK(svg_of(scene_of_shapes({text})).find("text-anchor=\"end\">\n<text x=\"10.13\" y=\"29\">") != std::string::npos);
  text.horizontal = HorizontalAnchor::center;
  text.angle = 90;
  CHECK(svg_of(scene_of_shapes({text}))
            .find("text-anchor=\"middle\">\n<text x=\"19.24\" y=\"20\" transform=\"rotate(-90 19.24 20)\">Hg</text>") !=
        std::string::npos);
}

TEST_CASE("SVG: texts of one size share a group; a colour of its own is the text's") {
  Text first = text_at(1, 2, "a"), second = text_at(3, 4, "b"), other = text_at(5, 6, "c");
  second.color = {255, 255, 255};
  other.size = 20;
  const std::string svg = svg_of(scene_of_shapes({first, Line{0, 0, 5, 0, 1, {}}, second, other}));
  CHECK(count(svg, "<g ") == 2);
  CHECK(svg.find("<text x=\"3\" y=\"4\" fill=\"#ffffff\">b</text>") != std::string::npos);
  well_formed(svg);
}

TEST_CASE("SVG: numbers in cells have the colours that are read on them") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 1}));
  heatmap.style.annotate = true;
  const std::string svg = svg_of(heatmap);
  CHECK(matches(svg, R"(fill="#ffffff"[^>]*>\n<text [^>]*>0.00<)").size() == 1);
  CHECK(matches(svg, R"(fill="#262626">1.00<)").size() == 1);
}

TEST_CASE("SVG: turned labels end at their ticks") {
  Heatmap heatmap = heatmap_of(varied(2, 12));
  heatmap.panels[0].column_labels.assign(12, "internationalization");
  CHECK(matches(svg_of(heatmap), R"(transform="rotate\(-(45|90) [^"]*">internationalization<)").size() == 12);
}

TEST_CASE("SVG: whatever a token holds, it is text") {
  const std::vector<std::string> hostile{
      "</text><script>alert(1)</script>", "<img src=x onerror=\"alert(1)\">", "\"quotes' & &amp; ]]> <!-- <![CDATA[",
      "\u2028line\u2029", std::string("nul\0esc\x1b[31m\n\t\r\x7f\xc2\x9b", 18),
      // Which it is: NOLINTNEXTLINE(misc-misleading-bidirectional)
      "\u202eoverride\u2066\u2069", "\xEF\xBF\xBE\xEF\xBF\xBF", "\xff\xed\xa0\x80\xc3", "", "  two  spaces  "};
  Heatmap heatmap = heatmap_of(varied(10, 10));
  heatmap.panels[0].row_labels = heatmap.panels[0].column_labels = hostile;
  heatmap.panels[0].title = hostile[0];
  heatmap.style.title = hostile[1];
  heatmap.style.x_label = hostile[2];
  heatmap.style.y_label = hostile[4];
  heatmap.style.colorbar_label = hostile[5];
  heatmap.style.width = heatmap.style.height = 1600;
  const std::string svg = svg_of(heatmap);
  const std::vector<std::string> texts = well_formed(svg);
  const auto has = [&](const std::string& text) { return std::count(texts.begin(), texts.end(), text) > 0; };
  CHECK(has("&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
  CHECK(has("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;"));
  CHECK(has("&quot;quotes' &amp; &amp;amp; ]]&gt; &lt;!-- &lt;![CDATA["));
  CHECK(has("\\u2028line\\u2029"));
  CHECK(has("nul\\x00esc\\x1b[31m\\n\\t\\r\\x7f\\x9b"));
  CHECK(has("\\u202eoverride\\u2066\\u2069"));
  CHECK(has("\\ufffe\\uffff"));
  CHECK(has("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"));
  CHECK(has("  two  spaces  "));
  CHECK(count(svg, " xml:space=\"preserve\">  two  spaces  <") == 2);
  CHECK(count(svg, "xml:space") == 2);
  for (const char* element : {"<script", "<img", "<!--"}) CHECK(svg.find(element) == std::string::npos);
}

TEST_CASE("SVG: screen readers are told what it is and shows") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 0.5F}));
  heatmap.panels[0].title = "Head 0";
  heatmap.panels[0].column_labels = {"a", "<b>"};
  const std::string svg = svg_of(heatmap);
  const std::vector<std::smatch> found =
      matches(svg, "role=\"img\" aria-labelledby=\"(title-[0-9a-f]{8}) (desc-[0-9a-f]{8})\"");
  REQUIRE(found.size() == 1);
  CHECK(svg.find("<title id=\"" + found[0][1].str() + "\">Heatmap: Head 0</title>") != std::string::npos);
  CHECK(svg.find("<desc id=\"" + found[0][2].str() +
                 "\">Heatmap of 1 panel: Head 0. 1 row (Query). 2 columns (Key): a, &lt;b&gt;. Colours from 0 to 0.5, "
                 "viridis.</desc>") != std::string::npos);
  heatmap.style.title = "My title";
  heatmap.panels.push_back(std::move(heatmap_of(varied(3, 30)).panels[0]));
  heatmap.panels[1].title = "Head 1";
  const std::string two = svg_of(heatmap);
  CHECK(two.find(">My title</title>") != std::string::npos);
  CHECK(two.find(">Heatmap of 2 panels: Head 0 of 1 x 2, Head 1 of 3 x 30. Rows: Query. Columns: Key. ") !=
        std::string::npos);
}

TEST_CASE("SVG: fonts are asked for by the name that they have") {
  CHECK(svg_of(scene_of_shapes({}))
            .find("font-family=\"'DejaVu Sans','Bitstream Vera Sans','Verdana',sans-serif\" shape") !=
        std::string::npos);
}

TEST_CASE("SVG: numbers have two decimals at most, and no sign of zero") {
  const auto text_of = [](double value) {
    std::string text;
    append_number(text, value);
    return text;
  };
  CHECK(text_of(12) == "12");
  CHECK(text_of(0.5) == "0.5");
  CHECK(text_of(-3.256) == "-3.26");
  CHECK(text_of(-0.001) == "0");
  CHECK(text_of(7.05) == "7.05");
  CHECK(text_of(1234567.994) == "1234567.99");
}
