// Looks: sizes of long and thin matrices, grids that fit, masked cells, clipped and centred scales, labels.
#include <algorithm>
#include <cmath>

#include "picture.hpp"
#include "render/clip_scale.hpp"
#include "render/colormap.hpp"
#include "render/compose.hpp"
#include "render/pool.hpp"

using namespace attn;
using namespace attn::test;

namespace {

Heatmap grid_of(std::size_t layers, std::size_t heads, std::size_t side) {
  Heatmap heatmap;
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (std::size_t head = 0; head < heads; ++head) {
      Panel panel{varied(side, side), "Layer " + std::to_string(layer) + ", Head " + std::to_string(head), {}, {}};
      panel.place.layer = layer;
      panel.place.head = head;
      heatmap.panels.push_back(std::move(panel));
    }
  return heatmap;
}

std::size_t columns_of(const Heatmap& heatmap) {
  const auto cells = shapes_of<Cells>(scene_of(heatmap));
  return static_cast<std::size_t>(std::count_if(cells.begin(), cells.begin() + static_cast<long>(heatmap.panels.size()),
                                                [&](const Cells& c) { return c.box.y == cells[0].box.y; }));
}

// Row i of a causal matrix: 1 / (i + 1), and 0 where the mask hides.
Heatmap causal(std::size_t side) {
  Heatmap heatmap = heatmap_of(Tensor::zeros(DType::f32, {side, side}));
  Panel& panel = heatmap.panels[0];
  panel.masked = Tensor::zeros(DType::u8, {side, side});
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = 0; j < side; ++j) {
      panel.values.values<float>()[i * side + j] = j <= i ? 1 / static_cast<float>(i + 1) : 0;
      panel.masked.values<std::uint8_t>()[i * side + j] = j > i;
    }
  return heatmap;
}

}  // namespace

TEST_CASE("129 to 512 cells have 800 pixels or more, a whole number each") {
  for (const std::size_t side : {129UL, 200UL, 300UL, 400UL, 511UL, 512UL}) {
    const Box box = cells_of(heatmap_of(varied(side, side)));
    INFO(side);
    CHECK(box.width >= 800);
    CHECK(box.width <= 1024);
    CHECK(std::fmod(box.width, static_cast<double>(side)) == 0);
    CHECK(box.height == box.width);
  }
}

TEST_CASE("the colour bar is as high as the matrix, or the grid") {
  for (const std::size_t side : {6UL, 300UL, 1000UL}) {
    const auto cells = shapes_of<Cells>(scene_of(heatmap_of(varied(side, side))));
    CHECK(cells[1].box.height == cells[0].box.height);
    CHECK(cells[1].box.y == cells[0].box.y);
  }
  const auto cells = shapes_of<Cells>(scene_of(grid_of(3, 4, 5)));
  CHECK(cells.back().box.y == cells[0].box.y);
  CHECK(cells.back().box.bottom() == cells[11].box.bottom());
}

TEST_CASE("a picture of a thin matrix is as long as its parts on the short side") {
  const Scene flat = scene_of(heatmap_of(varied(3, 30)));
  CHECK(flat.width == 640);
  CHECK(flat.height < 240);
  const Scene tall = scene_of(heatmap_of(varied(30, 3)));
  CHECK(tall.height == 480);
  CHECK(tall.width < 300);
  for (const Scene& scene : {flat, tall})
    for (const Cells& cells : shapes_of<Cells>(scene)) {
      CHECK(cells.box.y >= 0);
      CHECK(cells.box.bottom() <= static_cast<double>(scene.height));
    }
}

TEST_CASE("a layer is a row of the grid, and a number of columns goes before") {
  CHECK(columns_of(grid_of(2, 7, 4)) == 7);
  CHECK(columns_of(grid_of(12, 2, 4)) == 2);
  CHECK(columns_of(grid_of(1, 6, 4)) == 3);
  CHECK(columns_of(grid_of(6, 1, 4)) == 3);
  Heatmap heatmap = grid_of(2, 7, 4);
  heatmap.style.columns = 5;
  CHECK(columns_of(heatmap) == 5);
}

TEST_CASE("a grid fits the size, and says what it gave up") {
  Heatmap heatmap = grid_of(12, 12, 20);
  std::vector<std::string> notes;
  heatmap.style.note = [&notes](const std::string& note) { notes.push_back(note); };
  heatmap.style.width = 640;
  heatmap.style.height = 480;
  const Scene scene = scene_of(heatmap);
  CHECK(scene.width == 640);
  CHECK(scene.height == 480);
  CHECK(notes == std::vector<std::string>{"the panels' labels and titles have no room at this size"});
  const auto cells = shapes_of<Cells>(scene);
  for (std::size_t p = 0; p + 1 < cells.size(); ++p) {
    CHECK(cells[p].box.width >= 16);
    CHECK(cells[p].box.right() <= 640);
    CHECK(cells[p].box.bottom() <= 480);
  }
  CHECK(drawn_cells(heatmap)[0] == GridSize{20, 20});
}

TEST_CASE("each panel has a bar of its own beside it") {
  Heatmap heatmap = grid_of(1, 3, 4);
  heatmap.style.scale_per = ScalePer::head;
  const auto cells = shapes_of<Cells>(scene_of(heatmap));
  REQUIRE(cells.size() == 6);
  for (std::size_t p = 0; p < 3; ++p) {
    CHECK(cells[3 + p].box.x > cells[p].box.right());
    CHECK(cells[3 + p].box.height == cells[p].box.height);
    if (p < 2) CHECK(cells[3 + p].box.right() < cells[p + 1].box.x);
  }
}

TEST_CASE("masked cells are blank, pooled if all are masked, and not in the mean") {
  Heatmap heatmap = causal(8);
  heatmap.style.annotate = true;
  const Scene scene = scene_of(heatmap);
  const Cells cells = shapes_of<Cells>(scene)[0];
  CHECK(cells.colors[1] == scene.background);
  CHECK(cells.colors[0] == Colormap::named("viridis").colors().back());
  for (const Text& text : shapes_of<Text>(scene)) CHECK(text.text != "0.00");

  const std::vector<float> values{4, 0, 0, 0};
  const std::vector<std::uint8_t> masked{0, 1, 1, 1};
  const Grid grid =
      pool(Tensor::of<float>({1, 4}, values), 1, 2, Pooling::mean, Tensor::of<std::uint8_t>({1, 4}, masked));
  CHECK(grid.values[0] == 4);
  CHECK(grid.masked == CountedVector<std::uint8_t>{0, 1});
}

TEST_CASE("the scale of a long causal matrix ends at the 99th percentile") {
  Heatmap heatmap = causal(300);
  std::vector<std::string> notes;
  heatmap.style.note = [&notes](const std::string& note) { notes.push_back(note); };
  const auto brightest = [](const Heatmap& of) {
    const Cells cells = shapes_of<Cells>(scene_of(of))[0];
    return std::count(cells.colors.begin(), cells.colors.end(), Colormap::named("viridis").colors().back());
  };
  const auto clipped = brightest(heatmap);
  CHECK(clipped > 400);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with("most cells would have the lowest colour: the colours end at 0.0333"));
  notes.clear();
  heatmap.style.vmax = 1;
  CHECK(brightest(heatmap) == 1);
  CHECK(notes.empty());
  CHECK(brightest(causal(64)) == 1);  // a short one is as it was
  heatmap = heatmap_of(varied(300, 300));
  std::vector<ColorScale> scales = scales_of(heatmap);
  CHECK(clip_scales(heatmap, {pool(heatmap.panels[0].values, 300, 300)}, scales).empty());
}

TEST_CASE("a centre has the middle of the map, as in seaborn") {
  // sns.heatmap(center=0) over -1 ... 3: the map spans -3 ... 3, of which the colours of -1 ... 3 are left.
  const Colormap map = Colormap::named("RdBu_r");
  const Colormap part = map.centered(-1, 3, 0);
  CHECK(part.colors()[0] == map.at(1.0 / 3));
  CHECK(part.colors()[255] == map.colors()[255]);
  CHECK(part.at(0.25) == map.at(0.5));
  Heatmap heatmap = heatmap_of(matrix(1, 3, {-1, 0, 3}));
  heatmap.style.colormap = "RdBu_r";
  heatmap.style.center = 0;
  const Cells cells = shapes_of<Cells>(scene_of(heatmap))[0];
  CHECK(cells.colors[0] == map.at(1.0 / 3));
  CHECK(cells.colors[1] == map.at(0.5));
  heatmap.style.logarithmic = true;
  CHECK(error_of(ErrorKind::usage, [&] { scene_of(heatmap); }) ==
        "`center`: is of equal steps: it does not go with `log`");
}

TEST_CASE("long labels lose their middle where their ends tell them apart") {
  Heatmap heatmap = heatmap_of(varied(2, 2));
  const std::string stem(60, 'm');
  heatmap.panels[0].row_labels = {stem + "1", stem + "2"};
  heatmap.panels[0].column_labels = {"a" + stem, "b" + stem};
  std::vector<std::string> cut;
  for (const Text& text : shapes_of<Text>(scene_of(heatmap)))
    if (text.text.find("…") != std::string::npos) cut.push_back(text.text);
  REQUIRE(cut.size() == 4);
  CHECK(cut[0].ends_with("1"));
  CHECK(cut[1].ends_with("2"));
  CHECK(cut[2].starts_with("a"));
  CHECK(cut[2].ends_with("…"));
}

TEST_CASE("characters without a glyph are told") {
  Heatmap heatmap = heatmap_of(varied(1, 1));
  heatmap.panels[0].row_labels = {"猫"};
  std::string note;
  heatmap.style.note = [&note](const std::string& text) { note = text; };
  scene_of(heatmap);
  CHECK(note.starts_with("no font has 猫 (U+732B)"));
}
