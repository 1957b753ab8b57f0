// The layout: sizes, square cells, labels that are thinned and turned, shared labels in grids.
#include "render/layout.hpp"

#include <set>

#include "picture.hpp"
#include "render/compose.hpp"

using namespace attn;
using namespace attn::test;

namespace {

std::vector<std::string> names(std::size_t count, const std::string& stem) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(stem + std::to_string(i));
  return made;
}

Heatmap labelled(std::size_t count, const std::string& stem) {
  Heatmap heatmap = heatmap_of(varied(count, count));
  heatmap.panels[0].row_labels = heatmap.panels[0].column_labels = names(count, stem);
  return heatmap;
}

std::size_t count_of(const Scene& scene, const std::string& text) {
  std::size_t count = 0;
  for (const Text& shape : shapes_of<Text>(scene))
    if (shape.text == text) ++count;
  return count;
}

double angle_of(const Scene& scene, const std::string& text) {
  double angle = 0;
  for (const Text& shape : shapes_of<Text>(scene))
    if (shape.text == text) angle = std::max(angle, shape.angle);
  return angle;
}

// No part sticks out of the picture.
void check_inside(const Scene& scene) {
  const auto width = static_cast<double>(scene.width);
  const auto height = static_cast<double>(scene.height);
  for (const Cells& cells : shapes_of<Cells>(scene)) {
    CHECK((cells.box.x >= 0 && cells.box.y >= 0 && cells.box.right() <= width && cells.box.bottom() <= height));
  }
  for (const Text& text : shapes_of<Text>(scene)) {
    CHECK((text.x >= 0 && text.y >= 0 && text.x <= width && text.y <= height));
  }
}

}  // namespace

TEST_CASE("one small panel has matplotlib's default size, which dpi scales") {
  Heatmap heatmap = heatmap_of(varied(6, 6));
  CHECK(scene_of(heatmap).width == 640);
  CHECK(scene_of(heatmap).height == 480);
  heatmap.style.dpi = 200;
  CHECK(scene_of(heatmap).width == 1280);
  CHECK(scene_of(heatmap).height == 960);
}

TEST_CASE("an explicit size is the size exactly") {
  for (const auto& [width, height] : {std::pair{300, 200}, {1000, 500}, {401, 777}, {2000, 2000}}) {
    Heatmap heatmap = labelled(12, "token");
    heatmap.style.title = "Title";
    heatmap.style.width = width;
    heatmap.style.height = height;
    const Scene scene = scene_of(heatmap);
    CHECK(scene.width == static_cast<std::size_t>(width));
    CHECK(scene.height == static_cast<std::size_t>(height));
    check_inside(scene);
  }
}

TEST_CASE("width alone leaves the height to the matrix") {
  Heatmap heatmap = heatmap_of(varied(6, 6));
  heatmap.style.width = 900;
  CHECK(scene_of(heatmap).width == 900);
  CHECK(scene_of(heatmap).height == 480);
}

TEST_CASE("cells are square and have whole pixels") {
  for (const auto& [rows, columns] : {std::pair{6, 6}, {3, 8}, {9, 4}, {1, 20}, {64, 64}, {100, 100}, {1000, 1000}}) {
    const auto r = static_cast<std::size_t>(rows);
    const auto c = static_cast<std::size_t>(columns);
    const Box box = cells_of(heatmap_of(varied(r, c)));
    INFO(rows << " x " << columns);
    CHECK(box.width / columns == box.height / rows);
    CHECK(std::fmod(box.width, columns) == 0);
  }
}

TEST_CASE("a long thin matrix is widened to a quarter of its length") {
  const Box flat = cells_of(heatmap_of(varied(2, 400)));
  CHECK(flat.height == Approx(flat.width / 4).margin(1));
  const Box tall = cells_of(heatmap_of(varied(400, 2)));
  CHECK(tall.width == Approx(tall.height / 4).margin(1));
}

TEST_CASE("large matrices get a pixel a cell, then whole cells a pixel") {
  CHECK(cells_of(heatmap_of(varied(1000, 1000))).width == 1000);
  CHECK(cells_of(heatmap_of(varied(2048, 2048))).width == 1024);
  const Scene scene = scene_of(heatmap_of(varied(2048, 2048)));
  CHECK(shapes_of<Cells>(scene)[0].rows == 1024);
}

TEST_CASE("the picture grows until every name can be read, and annotations fit") {
  CHECK(scene_of(labelled(40, "token")).height > 480);
  CHECK(count_of(scene_of(labelled(40, "token")), "token39") == 2);
  Heatmap heatmap = heatmap_of(varied(20, 20));
  heatmap.style.annotate = true;
  const Scene scene = scene_of(heatmap);
  const double pitch = shapes_of<Cells>(scene)[0].box.width / 20;
  CHECK(pitch > Font::built_in().width("0.00", 10 * 100 / 72.0));
  CHECK(shapes_of<Text>(scene).size() > 400);
}

TEST_CASE("column names lie flat, then at 45 degrees, then upright") {
  CHECK(angle_of(scene_of(labelled(4, "t")), "t3") == 0);
  CHECK(angle_of(scene_of(labelled(8, "a long token ")), "a long token 3") == 45);
  CHECK(angle_of(scene_of(labelled(30, "token")), "token3") == 90);
}

TEST_CASE("too many names are thinned in nice steps, or to as few as are wanted") {
  Heatmap heatmap = labelled(40, "t");
  heatmap.style.width = 640;
  heatmap.style.height = 480;
  CHECK(count_of(scene_of(heatmap), "t1") == 0);
  CHECK(count_of(scene_of(heatmap), "t2") == 2);
  heatmap.style.max_labels = 5;
  const Scene scene = scene_of(heatmap);
  CHECK(count_of(scene, "t2") == 0);
  CHECK(count_of(scene, "t10") == 2);
  CHECK(count_of(scene, "t30") == 2);
}

TEST_CASE("indices are thinned too") {
  const Scene scene = scene_of(heatmap_of(varied(64, 64)));
  CHECK(count_of(scene, "60") == 2);
  CHECK(count_of(scene, "61") == 0);
}

TEST_CASE("a long name is cut, and leaves room for the cells") {
  const Scene scene = scene_of(labelled(4, std::string(200, 'm')));
  CHECK(shapes_of<Cells>(scene)[0].box.width > 300);
  check_inside(scene);
}

TEST_CASE("panels stand in a grid that is wider than high, with few holes") {
  const auto columns_of = [](std::size_t count) {
    Heatmap heatmap;
    for (std::size_t i = 0; i < count; ++i) heatmap.panels.push_back({varied(4, 4), "", {}, {}});
    std::size_t columns = 0;
    const auto cells = shapes_of<Cells>(scene_of(heatmap));
    while (columns < count && cells[columns].box.y == cells[0].box.y) ++columns;
    return columns;
  };
  CHECK(columns_of(2) == 2);
  CHECK(columns_of(3) == 3);
  CHECK(columns_of(4) == 2);
  CHECK(columns_of(6) == 3);
  CHECK(columns_of(7) == 4);
  CHECK(columns_of(8) == 4);
  CHECK(columns_of(12) == 4);
  CHECK(columns_of(16) == 4);
  CHECK(columns_of(32) == 8);
}

TEST_CASE("titles that have no room are cut where they can still be told apart") {
  Heatmap grid = heatmap_of(varied(4, 4));
  grid.panels[0].title = "Layer 0, Head 0";
  for (std::size_t h = 1; h < 8; ++h) {
    grid.panels.push_back({varied(4, 4), "Layer 0, Head " + std::to_string(h), {}, {}});
  }
  grid.style.columns = 8;
  grid.style.width = 640;
  const auto titles = [&grid] {
    std::set<std::string> shown;
    for (const Text& text : shapes_of<Text>(scene_of(grid)))
      if (text.text.find("…") != std::string::npos) shown.insert(text.text);
    return shown;
  };
  CHECK(titles().size() == 8);
  for (std::size_t h = 0; h < 8; ++h) grid.panels[h].place = {"", 0, {}, h};
  CHECK(titles().empty());
  CHECK(count_of(scene_of(grid), "L0 H7") == 1);
  for (std::size_t h = 0; h < 8; ++h) grid.panels[h].title = std::to_string(h) + ", a head of a long name";
  CHECK(titles().size() == 8);
  for (const std::string& title : titles()) CHECK(title.ends_with("…"));  // their beginnings are enough
}

TEST_CASE("panels with the same names share them, others have their own") {
  Heatmap heatmap;
  for (int i = 0; i < 4; ++i) heatmap.panels.push_back({varied(4, 4), "", names(4, "q"), names(4, "k")});
  CHECK(count_of(scene_of(heatmap), "q0") == 2);
  CHECK(count_of(scene_of(heatmap), "k0") == 2);
  heatmap.panels[1].row_labels = names(4, "other");
  CHECK(count_of(scene_of(heatmap), "q0") == 3);
  CHECK(count_of(scene_of(heatmap), "other0") == 1);
  check_inside(scene_of(heatmap));
}

TEST_CASE("a panel above a hole of the grid keeps its own column names") {
  Heatmap heatmap;
  for (int i = 0; i < 5; ++i) heatmap.panels.push_back({varied(4, 4), "", {}, names(4, "k")});
  CHECK(count_of(scene_of(heatmap), "k0") == 3);
}

TEST_CASE("panels have one scale and one bar") {
  Heatmap heatmap;
  for (int i = 0; i < 3; ++i) heatmap.panels.push_back({varied(4, 4), "", {}, {}});
  const auto cells = shapes_of<Cells>(scene_of(heatmap));
  REQUIRE(cells.size() == 4);
  CHECK(cells[3].rows == 256);
}

TEST_CASE("panels of different shapes share a picture") {
  Heatmap heatmap = heatmap_of(varied(4, 4));
  heatmap.panels.push_back({varied(16, 3), "tall", {}, {}});
  check_inside(scene_of(heatmap));
}

TEST_CASE("a size without room for the matrix is refused with one that has it") {
  Heatmap heatmap = heatmap_of(varied(6, 6));
  heatmap.style.width = 80;
  heatmap.style.height = 60;
  const std::string message = error_of(ErrorKind::usage, [&] { scene_of(heatmap); });
  const std::string expected = "`size`: 80x60 pixels leave no room for the matrix beside its labels; give ";
  REQUIRE(message.starts_with(expected));
  const std::size_t times = message.find('x', expected.size());
  heatmap.style.width = std::stoul(message.substr(expected.size()));
  heatmap.style.height = std::stoul(message.substr(times + 1));
  CHECK(scene_of(heatmap).width == *heatmap.style.width);
}
