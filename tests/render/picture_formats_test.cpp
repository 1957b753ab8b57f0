// Picture formats: what a row of their table is enough for.
#include "picture.hpp"
#include "render/bar_chart.hpp"

using namespace attn;
using namespace attn::test;

TEST_CASE("every picture format has a name, an extension and an encoder of its own") {
  for (const PictureFormat& format : picture_formats()) {
    CHECK(picture_format_of_name(format.name) == &format);
    CHECK(format.extension.front() == '.');
    CHECK(format.encode != nullptr);
  }
  CHECK(picture_format_of_name("npy") == nullptr);
}

TEST_CASE("a format gets the scene, and its bytes are the picture") {
  const PictureFormat counter{
      .name = "count", .extension = ".count", .is_text = true, .encode = [](const Scene& scene, const Font&) {
        return std::to_string(shapes_of<Cells>(scene).size()) + " matrices, " +
               std::to_string(shapes_of<FilledBox>(scene).size()) + " boxes";
      }};
  CHECK(render_picture(heatmap_of(varied(2, 3)), counter) == "2 matrices, 8 boxes");  // the colour bar is one
  BarChart chart;
  chart.series = {"one"};
  chart.bars = {{.label = "a", .share = 0.5}};
  CHECK(render_picture(chart, counter).starts_with("0 matrices, "));
}
