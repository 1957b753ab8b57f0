// The colour scale's ends, its ticks, and the steps of labels.
#include "render/scale.hpp"

#include <cmath>
#include <limits>

#include "picture.hpp"

using namespace attn;
using namespace attn::test;

namespace {

std::vector<std::string> texts(double low, double high, std::size_t most, bool logarithmic = false) {
  std::vector<std::string> found;
  for (const Tick& tick : scale_ticks(ColorScale(low, high, logarithmic), most).ticks) found.push_back(tick.text);
  return found;
}
using Texts = std::vector<std::string>;

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("the scale spans the finite values of all panels") {
  Heatmap heatmap = heatmap_of(matrix(1, 4, {0.25F, missing, -infinity, 0.5F}));
  heatmap.panels.push_back({matrix(1, 2, {-1, 0}), "", {}, {}});
  const ColorScale scale = ColorScale::over(heatmap);
  CHECK(scale.low() == -1);
  CHECK(scale.high() == 0.5);
  CHECK(scale.fraction(-0.25) == 0.5);
  CHECK(std::isnan(scale.fraction(static_cast<double>(missing))));
  CHECK(std::isnan(scale.fraction(static_cast<double>(infinity))));
}

TEST_CASE("vmin and vmax replace the data's ends") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 1}));
  heatmap.style.vmin = -1;
  CHECK(ColorScale::over(heatmap).low() == -1);
  CHECK(ColorScale::over(heatmap).high() == 1);
  heatmap.style.vmax = 3;
  CHECK(ColorScale::over(heatmap).high() == 3);
}

TEST_CASE("a robust scale spans the percentiles 2 to 98, as numpy computes them") {
  std::vector<float> values;
  for (int i = 0; i <= 20; ++i) values.push_back(static_cast<float>((i * 8) % 21));
  Heatmap heatmap = heatmap_of(matrix(3, 7, values));
  heatmap.style.robust = true;
  CHECK(ColorScale::over(heatmap).low() == Approx(0.4));
  CHECK(ColorScale::over(heatmap).high() == Approx(19.6));
}

TEST_CASE("a logarithmic scale gives equal ratios equal steps and has no place for zero") {
  Heatmap heatmap = heatmap_of(matrix(1, 4, {0, 0.01F, 1, -5}));
  heatmap.style.logarithmic = true;
  const ColorScale scale = ColorScale::over(heatmap);
  CHECK(scale.low() == Approx(0.01));
  CHECK(scale.fraction(0.1) == Approx(0.5));
  CHECK(std::isnan(scale.fraction(0)));
}

TEST_CASE("a constant matrix has the middle of the scale") {
  for (const float value : {0.25F, 0.0F, -3.0F, 1e-45F, std::numeric_limits<float>::max()}) {
    const ColorScale scale = ColorScale::over(heatmap_of(matrix(1, 2, {value, value})));
    INFO(value);
    CHECK(scale.fraction(static_cast<double>(value)) == Approx(0.5));
    CHECK(scale.only() == static_cast<double>(value));
    CHECK(scale_ticks(scale, 9).ticks.size() == 1);
  }
  const auto tick = [](float value) {
    return scale_ticks(ColorScale::over(heatmap_of(matrix(1, 2, {value, value}))), 5).ticks.front().text;
  };
  CHECK(tick(1.0F / 6) == "0.1667");
  CHECK(tick(-3) == "\u22123");
  CHECK(tick(0) == "0");
  CHECK(tick(1.25e-7F) == "1.25e\u22127");
  CHECK_FALSE(ColorScale::over(heatmap_of(matrix(1, 2, {0, 1}))).only());
  Heatmap heatmap = heatmap_of(matrix(1, 1, {0.25F}));
  const Scene scene = scene_of(heatmap);
  const Cells bar = shapes_of<Cells>(scene).back();
  CHECK(bar.colors == shapes_of<Cells>(scene).front().colors);  // one colour, that of the cell
  CHECK(scene.description.find("One colour, of 0.25, viridis.") != std::string::npos);
  heatmap.style.logarithmic = true;
  CHECK(ColorScale::over(heatmap).fraction(0.25) == Approx(0.5).margin(0.02));
}

TEST_CASE("without any value the scale is 0 to 1") {
  const ColorScale scale = ColorScale::over(heatmap_of(matrix(1, 2, {missing, infinity})));
  CHECK(scale.low() == 0);
  CHECK(scale.high() == 1);
}

TEST_CASE("the whole range of double has a scale") {
  const double most = std::numeric_limits<double>::max();
  const ColorScale scale(-most, most);
  CHECK(scale.fraction(0) == 0.5);
  CHECK(scale.fraction(most) == 1);
  CHECK(scale_ticks(scale, 9).ticks.size() >= 2);
}

TEST_CASE("ends that cannot be are refused") {
  const auto message = [](std::optional<double> low, std::optional<double> high, bool logarithmic = false) {
    Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 1}));
    heatmap.style.vmin = low;
    heatmap.style.vmax = high;
    heatmap.style.logarithmic = logarithmic;
    return error_of(ErrorKind::usage, [&] { ColorScale::over(heatmap); });
  };
  CHECK(message(2.0, 1.0) == "`vmin`: 2 is above the scale's other end, 1");
  CHECK(message(2.0, {}) == "`vmin`: 2 is above the scale's other end, 1");
  CHECK(message({}, -1.0) == "`vmax`: -1 is below the scale's other end, 0");
  CHECK(message(1.0, {}) == "`vmin`: 1 is the scale's other end too");
  CHECK(message({}, 0.0) == "`vmax`: 0 is the scale's other end too");
  CHECK(message(std::nan(""), {}) == "`vmin`: nan is no end for a colour scale");
  CHECK(message({}, HUGE_VAL) == "`vmax`: inf is no end for a colour scale");
  CHECK(message(0.0, {}, true) == "`vmin`: 0 is not on a logarithmic scale; give a number above 0");
}

TEST_CASE("ticks are nice numbers with one number of decimals") {
  CHECK(texts(0, 1, 9) == Texts{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"});
  CHECK(texts(0, 1, 5) == Texts{"0.00", "0.25", "0.50", "0.75", "1.00"});
  CHECK(texts(0.0211, 0.8634, 9) == Texts{"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8"});
  CHECK(texts(-1, 1, 5) == Texts{"\u22121.0", "\u22120.5", "0.0", "0.5", "1.0"});
  CHECK(texts(0, 100, 6) == Texts{"0", "20", "40", "60", "80", "100"});
  CHECK(texts(0, 0.00004, 5) == Texts{"0", "1e\u22125", "2e\u22125", "3e\u22125", "4e\u22125"});
  CHECK(texts(0, 1e10, 5) == Texts{"0", "2.5e9", "5e9", "7.5e9", "1e10"});
  CHECK(texts(1e9, 1e9 + 2, 3) == Texts{"0", "1", "2"});
}

TEST_CASE("ticks lie on the scale, rise, and are neither too many nor one") {
  for (std::size_t most = 2; most <= 9; ++most)
    for (int k = 0; k < 200; ++k) {
      const double low = std::sin(k) * std::pow(10.0, k % 9 - 4);
      const double high = low + std::abs(std::cos(3 * k)) * std::pow(10.0, k % 7 - 4) + 1e-6;
      const std::vector<Tick> ticks = scale_ticks(ColorScale(low, high), most).ticks;
      INFO(low << " " << high << " " << most);
      CHECK(ticks.size() >= 2);
      CHECK(ticks.size() <= most + 1);
      for (std::size_t i = 0; i < ticks.size(); ++i) {
        CHECK((ticks[i].value >= low && ticks[i].value <= high));
        if (i > 0) CHECK(ticks[i].value > ticks[i - 1].value);
        if (i > 0) CHECK(ticks[i].text != ticks[i - 1].text);
      }
    }
}

TEST_CASE("a logarithmic scale has powers of ten") {
  CHECK(texts(2e-5, 1, 9, true) == Texts{"1e\u22124", "0.001", "0.01", "0.1", "1"});
  CHECK(texts(1e-8, 1, 5, true).size() <= 5);
  CHECK(texts(0.2, 0.7, 5, true) == Texts{"0.2000", "0.7000"});
}

TEST_CASE("labels are thinned in steps of 1, 2 and 5") {
  CHECK(label_step(10, 10) == 1);
  CHECK(label_step(11, 10) == 2);
  CHECK(label_step(64, 13) == 5);
  CHECK(label_step(64, 12) == 10);
  CHECK(label_step(4096, 9) == 500);
  CHECK(label_step(5, 0) == 5);
}

TEST_CASE("ticks that differ past their fourth digit show the distance to an offset") {
  const auto ticks = [](double low, double high) { return scale_ticks(ColorScale(low, high), 5); };
  CHECK(ticks(1e9, 1e9 + 2).offset == "1e9 +");
  CHECK(ticks(0.5, 0.500001).offset == "0.5 +");
  CHECK(ticks(0.5, 0.500001).ticks.back().text == "1e\u22126");
  CHECK(ticks(-0.500001, -0.5).offset == "\u22120.5 +");
  CHECK(ticks(0.5, 0.51).offset.empty());
  CHECK(ticks(-1e-6, 1e-6).offset.empty());
  CHECK(ticks(0, 1e-6).ticks.back().text == "1e\u22126");
}

TEST_CASE("the end of a clipped scale has a tick that says so") {
  const ColorScale scale = ColorScale(0, 1).clipped_to(0.021);
  CHECK(scale.high() == 0.021);
  const Ticks ticks = scale_ticks(scale, 9);
  CHECK(ticks.ticks.back().text == "\u2265 0.021");
  CHECK(ticks.ticks.back().value == 0.021);
  CHECK(ticks.ticks[ticks.ticks.size() - 2].value < 0.0205);
}

TEST_CASE("a masked cell is not on the scale") {
  Heatmap heatmap = heatmap_of(matrix(1, 3, {0, 0.25F, 0.5F}));
  const std::vector<std::uint8_t> masked{1, 0, 0};
  heatmap.panels[0].masked = Tensor::of<std::uint8_t>({1, 3}, masked);
  CHECK(ColorScale::over(heatmap).low() == 0.25);
  CHECK(scale_range(heatmap.panels[0].values, heatmap.panels[0].masked, heatmap.style).least == 0.25);
  CHECK(scale_range(heatmap.panels[0].values, {}, heatmap.style).least == 0);
}

TEST_CASE("a scale is of a panel, of the picture, or of all that there is") {
  Heatmap heatmap = heatmap_of(matrix(1, 2, {0, 1}));
  heatmap.panels.push_back({matrix(1, 2, {2, 4}), "", {}, {}});
  ValueRange range;
  for (const double value : {-8.0, 8.0}) range.include(value);
  heatmap.range = range;
  CHECK(scales_of(heatmap).size() == 1);
  CHECK(scales_of(heatmap)[0].high() == 4);
  heatmap.style.scale_per = ScalePer::head;
  REQUIRE(scales_of(heatmap).size() == 2);
  CHECK(scales_of(heatmap)[0].high() == 1);
  CHECK(scales_of(heatmap)[1].low() == 2);
  heatmap.style.scale_per = ScalePer::all;
  REQUIRE(scales_of(heatmap).size() == 1);
  CHECK(scales_of(heatmap)[0].low() == -8);
}
