// PNG pictures: pixels against colours computed here, and every option against the picture without it.
#include <cmath>
#include <functional>
#include <limits>

#include "picture.hpp"
#include "render/colormap.hpp"
#include "render/compose.hpp"

extern "C" {
extern const unsigned char attn_embedded_font[];
extern const unsigned char attn_embedded_font_end[];
}

using namespace attn;
using namespace attn::test;

namespace {

constexpr Rgb white{255, 255, 255};

// The colour of cell (i, j) of panel p at its centre.
Rgb center_of(const Heatmap& heatmap, const Decoded& picture, std::size_t p, std::size_t i, std::size_t j) {
  const Box box = shapes_of<Cells>(scene_of(heatmap))[p].box;
  const auto rows = static_cast<double>(heatmap.panels[p].values.extent(0));
  const auto columns = static_cast<double>(heatmap.panels[p].values.extent(1));
  return picture.at(box.x + (static_cast<double>(j) + 0.5) * box.width / columns,
                    box.y + (static_cast<double>(i) + 0.5) * box.height / rows);
}

Heatmap sample() {
  Heatmap heatmap = heatmap_of(varied(4, 4));
  heatmap.panels[0].row_labels = {"The", "cat", "sat", "down"};
  heatmap.panels[0].column_labels = {"The", "cat", "sat", "down"};
  return heatmap;
}

}  // namespace

TEST_CASE("each cell has its colour, to the pixel") {
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1}, {4, 4}, {1, 20}, {20, 1}, {64, 64}}) {
    const Heatmap heatmap = heatmap_of(varied(rows, columns));
    const Decoded picture = decode_png(render_png(heatmap));
    const auto values = heatmap.panels[0].values.values<float>();
    const double low = static_cast<double>(*std::min_element(values.begin(), values.end()));
    const double high = static_cast<double>(*std::max_element(values.begin(), values.end()));
    const auto colors = Colormap::named("viridis").colors();
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) {
        const double fraction = low == high ? 0.5 : (static_cast<double>(values[i * columns + j]) - low) / (high - low);
        const auto index = std::min<std::size_t>(255, static_cast<std::size_t>(256 * fraction));
        CHECK(center_of(heatmap, picture, 0, i, j) == colors[index]);
      }
  }
}

TEST_CASE("a cell is filled to its edges, and a frame lies outside") {
  const Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 1}));
  const Box box = shapes_of<Cells>(scene_of(heatmap))[0].box;
  const Decoded picture = decode_png(render_png(heatmap));
  const Rgb first = Colormap::named("viridis").colors().front();
  const Rgb last = Colormap::named("viridis").colors().back();
  CHECK(picture.ink({box.x, box.y, box.width / 2, box.height}, first) == 0);
  CHECK(picture.ink({box.x + box.width / 2, box.y, box.width / 2, box.height}, last) == 0);
  CHECK(picture.at(box.x - 1, box.y) == Rgb{0, 0, 0});
  CHECK(picture.at(box.right(), box.bottom()) == Rgb{0, 0, 0});
}

TEST_CASE("panels share one colour scale") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 0.5F}));
  heatmap.panels.push_back({matrix(1, 2, {0.5F, 1}), "", {}, {}});
  const Decoded picture = decode_png(render_png(heatmap));
  CHECK(center_of(heatmap, picture, 0, 0, 1) == Colormap::named("viridis").at(0.5));
  CHECK(center_of(heatmap, picture, 1, 0, 0) == Colormap::named("viridis").at(0.5));
  CHECK(center_of(heatmap, picture, 1, 0, 1) == Colormap::named("viridis").at(1));
}

TEST_CASE("NaN and infinities are grey, and do not move the scale") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Theme theme : {Theme::light, Theme::dark}) {
    Heatmap heatmap = heatmap_of(matrix(1, 4, {0, std::nanf(""), -infinity, 1}));
    heatmap.style.theme = theme;
    const Decoded picture = decode_png(render_png(heatmap));
    const Rgb bad = theme == Theme::light ? Rgb{211, 211, 211} : Rgb{82, 82, 91};
    CHECK(center_of(heatmap, picture, 0, 0, 1) == bad);
    CHECK(center_of(heatmap, picture, 0, 0, 2) == bad);
    CHECK(center_of(heatmap, picture, 0, 0, 3) == Colormap::named("viridis").at(1));
  }
}

TEST_CASE("more cells than pixels are drawn as their mean") {
  Tensor checks(DType::f32, {2048, 2048});
  const auto values = checks.values<float>();
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>((k / 2048 + k) % 2);
  const Heatmap heatmap = heatmap_of(std::move(checks));
  const Box box = shapes_of<Cells>(scene_of(heatmap))[0].box;
  CHECK(decode_png(render_png(heatmap)).ink(box, Colormap::named("viridis").at(0.5)) == 0);
}

TEST_CASE("bytes and float64 are drawn like float32") {
  const std::vector<std::uint8_t> bits{0, 1};
  const std::vector<double> doubles{0, 1};
  const std::string floats = render_png(heatmap_of(matrix(1, 2, {0, 1})));
  CHECK(render_png(heatmap_of(Tensor::of<std::uint8_t>({1, 2}, bits))) == floats);
  CHECK(render_png(heatmap_of(Tensor::of<double>({1, 2}, doubles))) == floats);
}

TEST_CASE("every text leaves ink where it stands") {
  Heatmap heatmap = sample();
  heatmap.style.title = "Title";
  heatmap.panels[0].title = "Head 0";
  heatmap.style.colorbar_label = "Weight";
  const Scene scene = scene_of(heatmap);
  const Decoded picture = decode_png(render_png(heatmap));
  std::vector<std::string> seen;
  for (const Text& text : shapes_of<Text>(scene)) {
    INFO(text.text);
    CHECK(picture.ink({text.x - 20, text.y - 12, 40, 24}, white) > 10);
    seen.push_back(text.text);
  }
  for (const char* wanted : {"Title", "Head 0", "Weight", "Key", "Query", "The", "cat", "sat", "down"})
    CHECK(std::count(seen.begin(), seen.end(), wanted) >= 1);
}

TEST_CASE("turned text stands where its anchor says") {
  Heatmap heatmap = heatmap_of(varied(30, 30));
  for (int i = 0; i < 30; ++i) heatmap.panels[0].column_labels.emplace_back("mmmmm");
  const Decoded picture = decode_png(render_png(heatmap));
  const double width = Font::built_in().width("mmmmm", 1000 / 72.0);
  for (const Text& text : shapes_of<Text>(scene_of(heatmap))) {
    if (text.text != "mmmmm") continue;
    CHECK(text.angle == 90);
    CHECK(picture.ink({text.x - 6, text.y, 12, std::floor(width)}, white) > 100);
    CHECK(picture.ink({text.x - 6, text.y + width + 1, 12, 4}, white) == 0);
  }
}

TEST_CASE("annotations are the numbers, dark on light cells and white on dark ones") {
  Heatmap heatmap = heatmap_of(matrix(2, 2, {0, 0.25F, 0.5F, 1}));
  heatmap.style.annotate = true;
  heatmap.style.colormap = "gray";
  std::vector<std::string> numbers;
  for (const Text& text : shapes_of<Text>(scene_of(heatmap))) {
    if (text.text.find('.') == std::string::npos || text.horizontal != HorizontalAnchor::center) continue;
    numbers.push_back(text.text);
    // The luminance of gray passes .408 at 0.67 of the way.
    CHECK(text.color == (text.text == "1.00" ? Rgb{38, 38, 38} : Rgb{255, 255, 255}));
  }
  CHECK(numbers == std::vector<std::string>{"0.00", "0.25", "0.50", "1.00"});
}

TEST_CASE("cells without a value are not annotated") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0.25F, std::nanf("")}));
  heatmap.style.annotate = true;
  for (const Text& text : shapes_of<Text>(scene_of(heatmap))) CHECK(text.text != "nan");
}

TEST_CASE("each option changes the picture") {
  const std::string plain = render_png(sample());
  const auto changed = [&](const std::function<void(HeatmapStyle&)>& change) {
    Heatmap heatmap = sample();
    change(heatmap.style);
    return render_png(heatmap) != plain;
  };
  CHECK(!changed([](HeatmapStyle&) {}));
  CHECK(changed([](HeatmapStyle& style) { style.colormap = "magma"; }));
  CHECK(changed([](HeatmapStyle& style) { style.annotate = true; }));
  CHECK(changed([](HeatmapStyle& style) { style.title = "Title"; }));
  CHECK(changed([](HeatmapStyle& style) { style.x_label = "Source"; }));
  CHECK(changed([](HeatmapStyle& style) { style.y_label = ""; }));
  CHECK(changed([](HeatmapStyle& style) { style.colorbar_label = "Weight"; }));
  CHECK(changed([](HeatmapStyle& style) { style.vmin = -1; }));
  CHECK(changed([](HeatmapStyle& style) { style.vmax = 2; }));
  CHECK(changed([](HeatmapStyle& style) { style.robust = true; }));
  CHECK(changed([](HeatmapStyle& style) { style.logarithmic = true; }));
  CHECK(changed([](HeatmapStyle& style) { style.theme = Theme::dark; }));
  CHECK(changed([](HeatmapStyle& style) { style.max_labels = 2; }));
  CHECK(changed([](HeatmapStyle& style) { style.width = 700; }));
  CHECK(changed([](HeatmapStyle& style) { style.height = 700; }));
  CHECK(changed([](HeatmapStyle& style) { style.dpi = 120; }));
}

TEST_CASE("the number format changes the annotations, and the columns the grid") {
  Heatmap heatmap = sample();
  heatmap.style.annotate = true;
  const std::string two_decimals = render_png(heatmap);
  heatmap.style.number_format = ".0%";
  CHECK(render_png(heatmap) != two_decimals);

  Heatmap pair = sample();
  pair.panels.push_back(std::move(sample().panels[0]));
  const Decoded beside = decode_png(render_png(pair));
  pair.style.columns = 1;
  const Decoded below = decode_png(render_png(pair));
  CHECK(beside.width > beside.height);
  CHECK(below.width < below.height);
}

TEST_CASE("another font changes the letters, the built-in one's bytes do not") {
  std::string font(reinterpret_cast<const char*>(attn_embedded_font),
                   reinterpret_cast<const char*>(attn_embedded_font_end));
  Heatmap heatmap = sample();
  const std::string built_in = render_png(heatmap);
  heatmap.style.fonts = {font};
  CHECK(render_png(heatmap) == built_in);
  // Twice the units an em, in the table "head": letters of half the size.
  const std::size_t entry = font.find("head");
  std::size_t head = 0;
  for (std::size_t i = 8; i < 12; ++i) head = head << 8 | static_cast<unsigned char>(font.at(entry + i));
  REQUIRE(font.at(head + 18) == 8);
  font.at(head + 18) = 16;
  heatmap.style.fonts = {font};
  CHECK(render_png(heatmap) != built_in);
}

TEST_CASE("the same heatmap gives the same bytes") {
  Heatmap heatmap = sample();
  heatmap.style.annotate = true;
  CHECK(render_png(heatmap) == render_png(heatmap));
}

TEST_CASE("a PNG says its resolution") {
  Heatmap heatmap = sample();
  heatmap.style.dpi = 254;
  const std::string bytes = render_png(heatmap);
  const std::string chunk("\0\0\0\x09pHYs\0\0\x27\x10\0\0\x27\x10\1", 17);  // 10000 pixels per metre
  CHECK(bytes.find(chunk) == 33);
}

TEST_CASE("heatmaps that cannot be drawn are refused") {
  const auto refused = [](ErrorKind kind, const std::function<void(Heatmap&)>& change) {
    Heatmap heatmap = sample();
    change(heatmap);
    return error_of(kind, [&] { render_png(heatmap); });
  };
  CHECK(refused(ErrorKind::data, [](Heatmap& h) { h.panels.clear(); }) == ": there is no matrix to draw");
  CHECK(refused(ErrorKind::data, [](Heatmap& h) { h = heatmap_of(varied(0, 5)); }) ==
        ": a matrix of shape (0, 5) has no cells to draw");
  CHECK(refused(ErrorKind::data, [](Heatmap& h) {
          h = heatmap_of(Tensor(DType::f32, {2, 2, 2}));
        }) == ": a picture is of matrices, not of shape (2, 2, 2)");
  CHECK(refused(ErrorKind::data, [](Heatmap& h) { h.panels[0].row_labels.pop_back(); }) ==
        ": a matrix with 4 rows has 3 row labels; give one each, or none");
  CHECK(refused(ErrorKind::data, [](Heatmap& h) { h.panels[0].column_labels.emplace_back("x"); }) ==
        ": a matrix with 4 columns has 5 column labels; give one each, or none");
  CHECK(refused(ErrorKind::data, [](Heatmap& h) {
          h.panels[0].masked = Tensor::zeros(DType::u8, {4, 3});
        }) == ": a matrix of shape (4, 4) has a mask of shape (4, 3)");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.center = INFINITY; }) ==
        "`center`: inf is no middle for a colour scale");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.colormap = "virdis"; }) ==
        "`cmap`: there is no colour map 'virdis'; did you mean 'viridis'?");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.number_format = "two"; }) ==
        "`fmt`: 'two' is not a number format; write .2f, .3g, .1e, .0% or d");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.dpi = 0; }) == "`dpi`: 0 is not between 10 and 2400");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.dpi = std::nan(""); }) ==
        "`dpi`: nan is not between 10 and 2400");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.width = 0; }) ==
        "`size`: 0 is not between 1 and 30000 pixels");
  CHECK(refused(ErrorKind::usage, [](Heatmap& h) { h.style.width = h.style.height = 30000; }) ==
        "`size`: a picture of 30000x30000 pixels is past any use; draw fewer matrices, or give a smaller size");
  CHECK(refused(ErrorKind::data, [](Heatmap& h) { h.style.fonts = {"not a font"}; }) ==
        "`font`: is not a TrueType font; give a .ttf or .otf file");
}

TEST_CASE("numbers that cannot fit into their cells are refused") {
  Heatmap heatmap = heatmap_of(varied(40, 40));
  heatmap.style.annotate = true;
  heatmap.style.width = 640;
  heatmap.style.height = 480;
  CHECK(error_of(ErrorKind::usage, [&] { render_png(heatmap); }) ==
        "`annot`: the picture's cells are too small for numbers; give a larger `size`, a shorter `fmt`, or leave "
        "`annot` out");
  heatmap = heatmap_of(varied(200, 200));
  heatmap.style.annotate = true;
  CHECK(error_of(ErrorKind::usage, [&] { render_png(heatmap); }) ==
        "`annot`: a matrix of 200 x 200 has too many cells for numbers; leave `annot` out");
}
