// Text of a width: blocks of columns, folded lines, and what a terminal's width is.
#include "cli/text_blocks.hpp"

#include "cli/environment.hpp"
#include "support/catch.hpp"

namespace attn::test {

using namespace attn::cli;

TEST_CASE("columns that do not fit stand in blocks, each with what leads its lines", "[text_blocks]") {
  const TextColumn lead{2, {"  ", "a ", "…"}};
  const std::vector<TextColumn> columns{{3, {" 11", " 12", ""}}, {3, {" 21", " 22", ""}}, {3, {" 31", " 32", ""}}};
  const std::string whole = "   11 21 31\na  12 22 32\n…\n";
  CHECK(in_blocks(lead, columns, 0) == whole);
  CHECK(in_blocks(lead, columns, 11) == whole);
  CHECK(in_blocks(lead, columns, 10) == "   11 21\na  12 22\n…\n\n   31\na  32\n…\n");
  const std::string single = "   11\na  12\n…\n\n   21\na  22\n…\n\n   31\na  32\n…\n";
  CHECK(in_blocks(lead, columns, 7) == single);
  CHECK(in_blocks(lead, columns, 1) == single);  // a block has one column at least
  CHECK(in_blocks(lead, {}, 80) == "  \na \n…\n");
  CHECK(fits_width(lead, columns, 0));
  CHECK(fits_width(lead, columns, 11));
  CHECK_FALSE(fits_width(lead, columns, 10));
}

TEST_CASE("long lines go on between words", "[text_blocks]") {
  const std::string text = "one two  three\nfour\n";
  CHECK(folded(text, 0, 2) == text);
  CHECK(folded(text, 14, 2) == text);
  CHECK(folded(text, 13, 2) == "one two\n  three\nfour\n");
  CHECK(folded(text, 8, 4) == "one two\n    three\nfour\n");
  CHECK(folded("  indented words", 10, 4) == "  indented\n    words");
  CHECK(folded("unbreakable word", 5, 2) == "unbreakable\n  word");
  CHECK(folded("日本 日本", 8, 0) == "日本\n日本");  // two columns a letter
  CHECK(folded("", 8, 2).empty());
}

TEST_CASE("a terminal's width is what COLUMNS says, if that is a number", "[text_blocks]") {
  CHECK(terminal_extent(nullptr, 80) == 80);
  CHECK(terminal_extent("120", 80) == 120);
  for (const char* const text : {"", "0", "-3", "80x", " 40", "1e3", "100001", "99999999999999999999"})
    CHECK(terminal_extent(text, 80) == 80);
}

}  // namespace attn::test
