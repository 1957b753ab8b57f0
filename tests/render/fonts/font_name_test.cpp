// Names of fonts: of the built-in one, of one made here, and of cut files.
#include "render/fonts/font_name.hpp"

#include <catch2/catch.hpp>

#include "render/font.hpp"

using namespace attn;

namespace {

void append(std::string& bytes, std::uint32_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
}

// The tables that names are read from: family 1 "Aé", typographic family 16 "B'c", bold, italic, condensed.
std::string sample() {
  const std::string one("\0A\0\xE9", 4), typographic("\0B\0'\0c", 6);
  std::string names;
  for (const std::uint32_t value : {0U, 2U, 6U + 2 * 12}) append(names, value, 2);
  for (const std::uint32_t value : {3U, 1U, 0x409U, 1U, 4U, 0U, 3U, 1U, 0x409U, 16U, 6U, 4U}) append(names, value, 2);
  names += one + typographic;
  std::string metrics(78, '\0');
  metrics[4] = '\2';  // 700
  metrics[5] = '\xBC';
  metrics[7] = '\3';
  metrics[63] = '\1';
  std::string font;
  append(font, 0x10000, 4);
  append(font, 2, 2);
  append(font, 0, 2);
  append(font, 0, 4);
  const std::uint32_t first = 12 + 2 * 16;
  font += "OS/2";
  for (const std::size_t value : {std::size_t{0}, std::size_t{first}, metrics.size()})
    append(font, static_cast<std::uint32_t>(value), 4);
  font += "name";
  for (const std::size_t value : {std::size_t{0}, first + metrics.size(), names.size()})
    append(font, static_cast<std::uint32_t>(value), 4);
  return font + metrics + names;
}

}  // namespace

TEST_CASE("the built-in font is DejaVu Sans, regular") {
  const FontName name = Font::built_in().name();
  CHECK(name.family == "DejaVu Sans");
  CHECK(name.weight == 400);
  CHECK(name.style.empty());
  CHECK(name.stretch.empty());
}

TEST_CASE("a face says its typographic family, weight, slant and width") {
  const FontName name = read_font_name(sample());
  CHECK(name.family == "B'c");
  CHECK(name.weight == 700);
  CHECK(name.style == "italic");
  CHECK(name.stretch == "condensed");
}

TEST_CASE("a cut font has no name, or part of one, and is never read past its end") {
  const std::string whole = sample();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);  // of its own, so that a sanitizer sees reads past it
    CHECK(read_font_name(cut).family.size() <= 3);
  }
}
