// Colour maps against matplotlib's published values, and cells against its own colours.
#include "render/colormap.hpp"

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "core/number.hpp"
#include "picture.hpp"
#include "render/scale.hpp"

using namespace attn;
using attn::test::error_of;

namespace {

std::string hex(Rgb color) {
  std::ostringstream out;
  out << std::hex;
  for (const int byte : {color.r, color.g, color.b}) out << (byte < 16 ? "0" : "") << byte;
  return out.str();
}

}  // namespace

TEST_CASE("colour maps begin and end as matplotlib's") {
  const auto ends = [](const char* name) {
    const auto colors = Colormap::named(name).colors();
    return hex(colors.front()) + " " + hex(colors.back());
  };
  CHECK(ends("viridis") == "440154 fde724");
  CHECK(ends("magma") == "000003 fbfcbf");
  CHECK(ends("cividis") == "00224d fde737");
  CHECK(ends("Blues") == "f7fbff 08306b");
  CHECK(ends("gray") == "000000 ffffff");
  CHECK(ends("RdBu_r") == "053061 67001f");
}

TEST_CASE("a reversed colour map runs the other way, to a unit of rounding") {
  for (const std::string_view name : colormap_names()) {
    const auto forward = Colormap::named(name).colors();
    const auto backward = Colormap::named(std::string(name) + "_r").colors();
    CHECK(!(forward.front() == backward.front()));
    for (std::size_t i = 0; i < forward.size(); ++i) {
      CHECK(std::abs(forward[i].r - backward[255 - i].r) <= 1);
      CHECK(std::abs(forward[i].g - backward[255 - i].g) <= 1);
      CHECK(std::abs(forward[i].b - backward[255 - i].b) <= 1);
    }
  }
}

TEST_CASE("every colour map has 256 colours and a name of its own") {
  std::set<std::string_view> names;
  for (const ColormapTable& table : colormap_tables()) {
    CHECK(names.insert(table.name).second);
    CHECK(table.colors.size() == 256 * 6);
    CHECK(table.colors.find_first_not_of("0123456789abcdef") == std::string_view::npos);
  }
}

TEST_CASE("a fraction's colour is the floor of 256 times it, clipped") {
  const Colormap gray = Colormap::named("gray");
  CHECK(gray.at(0.0) == Rgb{0, 0, 0});
  CHECK(gray.at(0.5) == Rgb{128, 128, 128});
  CHECK(gray.at(std::nextafter(0.5, 0.0)) == Rgb{127, 127, 127});
  CHECK(gray.at(1.0) == Rgb{255, 255, 255});
  CHECK(gray.at(-3.0) == Rgb{0, 0, 0});
  CHECK(gray.at(7.0) == Rgb{255, 255, 255});
}

TEST_CASE("cells have the colours that matplotlib gives them") {
  std::ifstream goldens(ATTN_TEST_DATA "/render/cell_colors.tsv");
  std::string name, kind, low, high, value, color;
  std::size_t count = 0;
  while (goldens >> name >> kind >> low >> high >> value >> color) {
    double numbers[3];
    REQUIRE((parse_double(low, numbers[0]) && parse_double(high, numbers[1]) && parse_double(value, numbers[2])));
    const ColorScale scale(numbers[0], numbers[1], kind == "log");
    INFO(name << " " << kind << " " << value);
    CHECK(hex(Colormap::named(name).at(scale.fraction(numbers[2]))) == color);
    ++count;
  }
  CHECK(count == 1200);
}

TEST_CASE("an unknown colour map is refused with the nearest name") {
  CHECK(error_of(ErrorKind::usage, [] { Colormap::named("viridus"); }) ==
        "`cmap`: there is no colour map 'viridus'; did you mean 'viridis'?");
  CHECK(error_of(ErrorKind::usage, [] { Colormap::named("Blue_r"); }) ==
        "`cmap`: there is no colour map 'Blue_r'; did you mean 'Blues_r'?");
  CHECK(error_of(ErrorKind::usage, [] { Colormap::named("RdBu_r_r"); }) ==
        "`cmap`: there is no colour map 'RdBu_r_r'; did you mean 'RdBu_r'?");
  CHECK(error_of(ErrorKind::usage, [] { Colormap::named("jet-black-rainbow"); }) ==
        "`cmap`: there is no colour map 'jet-black-rainbow'; known are viridis, plasma, inferno, magma, cividis, "
        "Blues, Greens, Oranges, Reds, Greys, gray, RdBu, coolwarm, each also with _r");
}
