// Number formats against Python's own.
#include "render/number_format.hpp"

#include <fstream>

#include "core/number.hpp"
#include "picture.hpp"

using namespace attn;
using attn::test::error_of;

TEST_CASE("numbers are written as Python's format() writes them") {
  std::ifstream goldens(ATTN_TEST_DATA "/render/number_formats.tsv");
  std::string line;
  std::size_t count = 0;
  while (std::getline(goldens, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    const std::string format = line.substr(0, first);
    const std::string number = line.substr(first + 1, second - first - 1);
    double value = 0;
    REQUIRE(parse_double(number, value));
    INFO("'" << format << "' of " << number);
    // Integers have no negative zero in Python.
    const std::string expected = line.substr(second + 1);
    const std::string written = NumberFormat::parse(format, "--fmt")(value);
    CHECK((written == expected || (format.ends_with('d') && written.find("-0") != std::string::npos)));
    ++count;
  }
  CHECK(count == 408);
}

TEST_CASE("a leading percent sign, as printf has it, changes nothing") {
  CHECK(NumberFormat::parse("%.3f", "--fmt")(0.25) == "0.250");
  CHECK(NumberFormat::parse("%d", "--fmt")(7) == "7");
  CHECK(NumberFormat::parse("%", "--fmt")(0.25) == "25.000000%");
}

TEST_CASE("float32 numbers are shortest with float32's digits") {
  CHECK(NumberFormat::parse("", "--fmt")(static_cast<double>(0.1F)) == "0.1");
  CHECK(NumberFormat::parse("", "--fmt")(0.1) == "0.1");
}

TEST_CASE("what is no number format is refused with one that is") {
  const auto message = [](const char* format) {
    return error_of(ErrorKind::usage, [format] { NumberFormat::parse(format, "--fmt"); });
  };
  CHECK(message(".2x") == "--fmt: '.2x' is not a number format; write .2f, .3g, .1e, .0% or d");
  CHECK(message("two") == "--fmt: 'two' is not a number format; write .2f, .3g, .1e, .0% or d");
  CHECK(message(".2ff") == "--fmt: '.2ff' is not a number format; write .2f, .3g, .1e, .0% or d");
  CHECK(message(".f") == "--fmt: '.f' has no digits after its point; write .2f for two decimals");
  CHECK(message(".-2f") == "--fmt: '.-2f' has no digits after its point; write .2f for two decimals");
  CHECK(message(".51f") == "--fmt: '.51f' asks for more than 50 decimals");
  CHECK(message(".99999999999999f") == "--fmt: '.99999999999999f' asks for more than 50 decimals");
  CHECK(message("100f") == "--fmt: '100f' is wider than 99 characters");
  CHECK(message(".2d") == "--fmt: '.2d' gives decimals to an integer; write d, or .2f");
}

TEST_CASE("the longest number there is fits") {
  CHECK(NumberFormat::parse(".50f", "--fmt")(-1.7976931348623157e308).size() == 1 + 309 + 1 + 50);
}
