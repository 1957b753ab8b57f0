// Pages: what is in them reads back to the numbers, the tokens and the places that went in.
#include <cmath>
#include <cstring>
#include <limits>
#include <regex>

#include "core/option_name.hpp"
#include "picture.hpp"
#include "render/html/json_text.hpp"
#include "render/html/matrix_data.hpp"
#include "render/html/template.hpp"

using namespace attn;
using namespace attn::test;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN(),
                infinity = std::numeric_limits<float>::infinity();

std::string page_of(const Heatmap& heatmap) { return render_picture(heatmap, *picture_format_of_name("html")); }

std::string decode_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0, count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(digits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

// The bytes of matrix `n`.
std::string data_of(const std::string& page, std::size_t n) {
  const std::string start = R"(<script type="text/plain" id="m)" + std::to_string(n) + "\">";
  const std::size_t from = page.find(start);
  REQUIRE(from != std::string::npos);
  const std::size_t end = page.find("</script>", from);
  return decode_base64(page.substr(from + start.size(), end - from - start.size()));
}

template <class T>
std::vector<T> values_of(const std::string& bytes) {
  REQUIRE(bytes.size() % sizeof(T) == 0);
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// What the page says of itself.
std::string about(const std::string& page) {
  const std::size_t from = page.find("id=\"about\">") + 11;
  return page.substr(from, page.find("</script>", from) - from);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

MatrixData stored(const Tensor& values, PagePrecision precision, std::string& bytes) {
  std::string text;
  const MatrixData data = append_matrix(text, values, precision);
  bytes = decode_base64(text);
  return data;
}

}  // namespace

TEST_CASE("a page has every float32 to the bit") {
  const std::vector<float> values{0.1F, -0.0F, 1e-45F, 3.4e38F, not_a_number, infinity, -infinity, 1.0F / 3};
  const std::string page = page_of(heatmap_of(matrix(2, 4, values)));
  const std::string bytes = data_of(page, 0);
  REQUIRE(bytes.size() == values.size() * sizeof(float));
  CHECK(std::memcmp(bytes.data(), values.data(), bytes.size()) == 0);
  CHECK(has(about(page), R"("type":"f32")"));
  CHECK(has(about(page), R"("rows":2,"cols":4)"));
}

TEST_CASE("a page has every float64 to the bit") {
  const std::vector<double> values{0.1, 1e-300};
  const std::string page = page_of(heatmap_of(Tensor::of<double>({1, 2}, values)));
  CHECK(values_of<double>(data_of(page, 0)) == values);
  CHECK(has(about(page), R"("type":"f64")"));
}

TEST_CASE("whole numbers take a byte each") {
  const std::string page = page_of(heatmap_of(matrix(1, 3, {0, 1, 255})));
  CHECK(values_of<std::uint8_t>(data_of(page, 0)) == std::vector<std::uint8_t>{0, 1, 255});
  CHECK(has(about(page), R"("type":"u8","min":0,"max":255,"positive":1)"));
  // Minus zero would lose its sign.
  CHECK(data_of(page_of(heatmap_of(matrix(1, 2, {-0.0F, 1}))), 0).size() == 8);
}

TEST_CASE("halves are IEEE's, ties to even") {
  const std::vector<std::pair<float, unsigned>> known{
      {0.0F, 0x0000},           {-0.0F, 0x8000},    {1.0F, 0x3C00},     {0.1F, 0x2E66},      {65504.0F, 0x7BFF},
      {65519.0F, 0x7BFF},       {65520.0F, 0x7C00}, {1e10F, 0x7C00},    {-infinity, 0xFC00}, {6.1035156e-5F, 0x0400},
      {6.0975552e-5F, 0x03FF},  {5.9604645e-8F, 1}, {2.9802322e-8F, 0}, {8.940697e-8F, 2},   {1.00048828125F, 0x3C00},
      {1.00146484375F, 0x3C02}, {1e-30F, 0}};
  for (const auto& [value, half] : known) {
    INFO(value);
    CHECK(half_of(value) == half);
  }
  CHECK((half_of(not_a_number) & 0x7FFF) > 0x7C00);
}

TEST_CASE("what a page keeps of numbers is within its stated error") {
  const Tensor values = varied(20, 30);
  const std::span<const float> exact = values.values<float>();
  std::string bytes;
  CHECK(stored(values, PagePrecision::f16, bytes).type == "f16");
  CHECK(bytes.size() == 2 * values.size());
  const MatrixData steps = stored(values, PagePrecision::u8, bytes);
  CHECK(steps.type == "steps");
  const std::vector<std::uint8_t> codes = values_of<std::uint8_t>(bytes);
  REQUIRE(codes.size() == values.size());
  for (std::size_t i = 0; i < codes.size(); ++i)
    CHECK(std::abs(steps.low + codes[i] * steps.step - static_cast<double>(exact[i])) <= steps.step * 0.5000001);
  CHECK(steps.step == Approx((steps.range.greatest - steps.range.least) / 252));
}

TEST_CASE("steps have codes for what is no number") {
  std::string bytes;
  const MatrixData data =
      stored(matrix(1, 5, {0.5F, not_a_number, infinity, -infinity, 0.25F}), PagePrecision::u8, bytes);
  CHECK(values_of<std::uint8_t>(bytes) ==
        std::vector<std::uint8_t>{252, nan_code, infinity_code, negative_infinity_code, 0});
  CHECK(data.range.least == 0.25);
  CHECK(data.range.greatest == 0.5);
  stored(matrix(1, 2, {not_a_number, not_a_number}), PagePrecision::u8, bytes);
  CHECK(values_of<std::uint8_t>(bytes) == std::vector<std::uint8_t>{nan_code, nan_code});
  CHECK(stored(matrix(1, 2, {0.5F, 0.5F}), PagePrecision::u8, bytes).low == 0.5);
}

TEST_CASE("tokens are data, never markup") {
  std::string json;
  append_page_string(json, "</script><!-- & \"\\\n\x01\x7F\u2028\u2029 \u00e9");
  CHECK(json ==
        R"("\u003c/script\u003e\u003c!-- \u0026 \"\\\u000a\u0001\u007f\u2028\u2029 )" + std::string("\u00e9\""));

  Heatmap heatmap = heatmap_of(varied(1, 2));
  heatmap.panels[0].row_labels = {"</script><script>alert(1)</script>"};
  heatmap.panels[0].column_labels = {"<img src=x onerror=alert(1)>", "<!--"};
  heatmap.style.title = "</title><b>\"bold\" & brave</b>";
  const std::string page = page_of(heatmap);
  CHECK_FALSE(has(page, "alert(1)</script>"));
  CHECK_FALSE(has(page, "<img"));
  CHECK_FALSE(has(page, "<b>"));
  CHECK(has(page, "<title>&lt;/title&gt;&lt;b&gt;&quot;bold&quot; &amp; brave&lt;/b&gt;</title>"));
  CHECK_FALSE(has(about(page), "<"));
}

TEST_CASE("matrices know their places, and share their labels") {
  Heatmap heatmap;
  for (std::size_t head = 0; head < 2; ++head) {
    heatmap.panels.push_back(std::move(heatmap_of(varied(2, 2)).panels[0]));
    heatmap.panels[head].place = {"", 3, std::nullopt, head};
    heatmap.panels[head].row_labels = heatmap.panels[head].column_labels = {"a", "b"};
  }
  std::string json = about(page_of(heatmap));
  CHECK(has(json, R"("documents":[""])"));
  CHECK(has(json, R"("labels":[["a","b"]])"));
  CHECK(has(json, R"({"doc":0,"layer":3,"head":1,"title":"","rows":2,"cols":2,"rowLabels":0,"colLabels":0,)"));

  // A matrix that is there already is of another document.
  heatmap.panels[1].place.head = 0;
  json = about(page_of(heatmap));
  CHECK(has(json, R"x("documents":[""," (2)"])x"));
}

TEST_CASE("masks are bits") {
  Heatmap heatmap = heatmap_of(varied(3, 3));
  heatmap.panels[0].masked = Tensor::of<std::uint8_t>({3, 3}, std::vector<std::uint8_t>{0, 1, 1, 0, 0, 1, 0, 0, 1});
  const std::string json = about(page_of(heatmap));
  CHECK(has(json, R"("masks":["JgE="])"));  // 0x26 0x01
  CHECK(has(json, R"("mask":0)"));
  CHECK(has(about(page_of(heatmap_of(varied(2, 2)))), R"("masks":[])"));
}

TEST_CASE("the style is what a page shows at first") {
  Heatmap heatmap = heatmap_of(varied(2, 2));
  const std::string plain = page_of(heatmap);
  CHECK(has(about(plain),
            R"("low":null,"high":null,"clips":false,"log":false,"numbers":false,"format":".2f","pool":"mean")"));
  CHECK(has(plain, "<html lang=\"en\">"));
  heatmap.style = {.colormap = "magma_r",
                   .annotate = true,
                   .number_format = ".3g",
                   .title = "T",
                   .x_label = "K",
                   .y_label = "Q",
                   .colorbar_label = "w",
                   .vmin = 0.25,
                   .vmax = 2,
                   .logarithmic = true,
                   .pooling = Pooling::max,
                   .theme = Theme::dark,
                   .follows_reader = false};
  const std::string styled = page_of(heatmap);
  CHECK(
      has(about(styled),
          R"("title":"T","xLabel":"K","yLabel":"Q","barLabel":"w","colormap":"magma_r",)"
          R"("low":0.25,"high":2,"clips":false,"log":true,"numbers":true,"format":".3g","pool":"max","scale":"all")"));
  CHECK(has(styled, "<html lang=\"en\" data-theme=\"dark\">"));
  Heatmap robust = heatmap_of(matrix(1, 101, std::vector<float>(101, 0.5F)));
  for (std::size_t i = 0; i < 101; ++i) robust.panels[0].values.values<float>()[i] = static_cast<float>(i) / 128;
  robust.style.robust = true;
  CHECK(has(about(page_of(robust)), R"("low":0.015625,"high":0.765625)"));

  Heatmap centered = heatmap_of(matrix(1, 2, {-1, 3}));
  centered.style.center = 0;
  CHECK(has(about(page_of(centered)), R"("low":-3,"high":3)"));
  centered.style = {.scale_per = ScalePer::head};
  CHECK(has(about(page_of(centered)), R"("low":null,"high":null)"));
  CHECK(has(about(page_of(centered)), R"("scale":"head")"));
  centered.style = {.scale_per = ScalePer::all};
  centered.range = ValueRange{.least = -5, .greatest = 7};
  CHECK(has(about(page_of(centered)), R"("low":-5,"high":7)"));
}

TEST_CASE("the colours of a long matrix end on a page where those of a picture do") {
  std::vector<std::string> notes;
  // Causal weights of a few rows that are great, and many that are small.
  Heatmap heatmap = heatmap_of(Tensor::zeros(DType::f32, {100, 100}));
  for (std::size_t i = 0; i < 100; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      heatmap.panels[0].values.values<float>()[i * 100 + j] = 1 / static_cast<float>((i + 1) * (1 + j % 7));
  heatmap.style.note = [&notes](const std::string& note) { notes.push_back(note); };
  render_png(heatmap);
  const std::string page = about(page_of(heatmap));
  REQUIRE(notes.size() == 2);
  CHECK(notes[0] == notes[1]);
  CHECK(has(page, R"("end":0.0)"));
  // Of a panel of its own, it stands with the panel.
  heatmap.style.scale_per = ScalePer::head;
  const std::string own = about(page_of(heatmap));
  CHECK(has(own.substr(own.find("\"matrices\"")), page.substr(page.find(R"("end":)"), 12)));
  heatmap.style.scale_per = ScalePer::picture;
  heatmap.style.vmax = 1;
  CHECK_FALSE(has(about(page_of(heatmap)), R"("end":)"));
  heatmap.style.vmax.reset();
  heatmap.style.logarithmic = true;
  CHECK_FALSE(has(about(page_of(heatmap)), R"("end":)"));
  CHECK(notes.size() == 3);
}

TEST_CASE("what a mask hides is in no range of a page") {
  Heatmap heatmap = heatmap_of(matrix(1, 3, {0.25F, 0, 0.75F}));
  CHECK(has(about(page_of(heatmap)), R"("min":0,"max":0.75)"));
  heatmap.panels[0].masked = Tensor::of<std::uint8_t>({1, 3}, std::vector<std::uint8_t>{0, 1, 0});
  CHECK(has(about(page_of(heatmap)), R"("min":0.25,"max":0.75)"));
}

TEST_CASE("a picture under grids is in the page once, as a JPEG of at most 1024 pixels a side") {
  Heatmap heatmap = heatmap_of(varied(2, 2));
  CHECK(has(about(page_of(heatmap)), R"("photos":[])"));
  heatmap.panels.push_back(Panel{varied(2, 2), "", {}, {}});
  auto photo = std::make_shared<Image>(Image{1500, 30, {}});
  for (std::size_t i = 0; i < photo->width * photo->height; ++i) photo->rgb.insert(photo->rgb.end(), {250, 100, 20});
  for (Panel& panel : heatmap.panels) panel.background = photo;
  const std::string page = about(page_of(heatmap)), start = R"("photos":[")";
  REQUIRE(has(page, start));
  const std::size_t from = page.find(start) + start.size();
  const Image image = decode_image(decode_base64(page.substr(from, page.find('"', from) - from)), "photo");
  CHECK(image.width == 1024);
  CHECK(image.height == 20);
  CHECK(std::abs(image.rgb[0] - 250) < 4);
  CHECK(std::abs(image.rgb[1] - 100) < 4);
  CHECK(std::abs(image.rgb[2] - 20) < 4);
  CHECK(page.find(R"("photo":0)") != page.rfind(R"("photo":0)"));
  CHECK_FALSE(has(page, "\",\"/9j/"));
}

TEST_CASE("a page is small, the same every time, and asks nothing of a network") {
  const Heatmap heatmap = heatmap_of(varied(6, 6));
  const std::string page = page_of(heatmap);
  CHECK(page.size() < 150'000);
  CHECK(page == page_of(heatmap));
  CHECK(has(page, "default-src 'none'"));
  for (const char* word : {"http:", "https:", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                           "new Function", "import(", "fetch(", "XMLHttpRequest", "@import", "url(", "localStorage"})
    CHECK_FALSE(has(page, word));
  CHECK(has(std::string(page_script()), "'use strict'"));
}

TEST_CASE("a page needs the matrices themselves") {
  Heatmap heatmap = heatmap_of(varied(2, 2));
  heatmap.panels[0].whole = {4, 4, {}};
  CHECK(error_of(ErrorKind::data, [&] { page_of(heatmap); }) ==
        ": a page has all cells of a matrix, and this one is pooled already");
  CHECK(error_of(ErrorKind::data, [] { page_of({}); }) == ": there is no matrix to draw");
  CHECK(error_of(ErrorKind::data,
                 [] {
                   page_of(heatmap_of(Tensor(DType::f32, {12000, 12000})));
                 }) == ": a page of 732 MiB is more than browsers open (512 MiB); choose fewer matrices, or give " +
                           option_name("page_precision"));
}
