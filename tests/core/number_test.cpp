// Numbers as text and back.
#include "core/number.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string_view>

#include "support/catch.hpp"

namespace attn::test {

TEST_CASE("the shortest form of a number is what people would write") {
  CHECK(shortest(0.1) == "0.1");
  CHECK(shortest(0.1F) == "0.1");
  CHECK(shortest(1.0) == "1");
  CHECK(shortest(-2.5) == "-2.5");
  CHECK(shortest(-0.0) == "-0");
  CHECK(shortest(1e300) == "1e+300");
  CHECK(shortest(1.0 / 3) == "0.3333333333333333");
  CHECK(shortest(1.0F / 3) == "0.33333334");
  CHECK(shortest(5e-324) == "5e-324");
}

TEST_CASE("what is not finite has a name, and NaN no sign") {
  for (const double nan : {std::nan(""), -std::nan(""), std::copysign(std::nan("7"), -1.0)}) {
    CHECK(shortest(nan) == "nan");
    CHECK(shortest(static_cast<float>(nan)) == "nan");
    CHECK(fixed(nan, 2) == "nan");
  }
  CHECK(shortest(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(shortest(-std::numeric_limits<float>::infinity()) == "-inf");
  CHECK(fixed(-std::numeric_limits<double>::infinity(), 2) == "-inf");
}

TEST_CASE("the shortest form fits its room and reads back to the same bits") {
  std::mt19937_64 random(42);
  for (int round = 0; round < 20000; ++round) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = shortest(value);
    double back = 0;
    REQUIRE(text.size() <= max_number_chars);
    REQUIRE(parse_double(text, back));
    REQUIRE(std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value));
    const auto narrow = static_cast<float>(value);
    if (!std::isfinite(narrow)) continue;
    REQUIRE(parse_double(shortest(narrow), back));
    REQUIRE(static_cast<float>(back) == narrow);
  }
}

TEST_CASE("a float is written as std::to_chars writes it") {
  std::size_t different = 0, overflows = 0;
  const auto check = [&](std::uint32_t bits) {
    const auto value = std::bit_cast<float>(bits);
    if (std::isnan(value)) return;
    char text[max_number_chars + 1], expected[max_number_chars];
    text[max_number_chars] = '!';
    const std::string_view written(text, static_cast<std::size_t>(format_shortest(text, value) - text));
    const char* const end = std::to_chars(expected, expected + max_number_chars, value).ptr;
    const std::string_view wanted(expected, static_cast<std::size_t>(end - expected));
    overflows += text[max_number_chars] == '!' ? 0 : 1;
    if (written == wanted) return;
    UNSCOPED_INFO(written << " is not " << wanted);
    ++different;
  };
  std::mt19937 random(6);
  // Every exponent: its ends, where the interval is lopsided, and numbers between.
  for (std::uint32_t exponent = 0; exponent < 512; ++exponent) {
    const std::uint32_t first = exponent << 23U;
    for (const std::uint32_t bits : {first, first + 1, first + 2, first + 0x7FFFFF, first + 0x7FFFFE, first + 0x400000})
      check(bits);
    for (int round = 0; round < 1000; ++round) check(first + random() % 0x800000);
  }
  // Around the numbers with few digits, where zeros end and notations change.
  for (int power = -10; power <= 12; ++power)
    for (int digits = 1; digits <= 1000; ++digits) {
      const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(digits * std::pow(10.0, power)));
      for (const std::uint32_t nearby : {bits - 1, bits, bits + 1}) check(nearby);
    }
  for (int round = 0; round < 200'000; ++round) check(static_cast<std::uint32_t>(random()));
  CHECK(different == 0);
  CHECK(overflows == 0);
}

TEST_CASE("fixed rounds to so many decimals") {
  CHECK(fixed(0.125, 2) == "0.12");
  CHECK(fixed(2.0 / 3, 4) == "0.6667");
  CHECK(fixed(-1.5, 0) == "-2");
  CHECK(fixed(7, 3) == "7.000");
  CHECK(fixed(std::numeric_limits<double>::max(), 20).size() == 309 + 1 + 20);
}

TEST_CASE("a number is read only if it is the whole text") {
  double value = 0;
  CHECK((parse_double("-2.5e3", value) && value == -2500));
  CHECK((parse_double("1", value) && value == 1));
  CHECK((parse_double("-inf", value) && value == -std::numeric_limits<double>::infinity()));
  CHECK((parse_double("nan", value) && std::isnan(value)));
  for (const char* const text : {"", " 1", "1 ", "+1", "1,5", "1e400", "-1e400", "x", "1x", "0x10", "-", "."}) {
    INFO(text);
    CHECK_FALSE(parse_double(text, value));
  }
}

TEST_CASE("an integer is read only if it is the whole text and fits") {
  long long value = 0;
  CHECK((parse_integer("-42", value) && value == -42));
  CHECK((is_integer("-42") && is_integer("99999999999999999999")));
  for (const char* const text : {"", "-", "1.0", "+1", " 1", "1e3"}) CHECK_FALSE(is_integer(text));
  CHECK((parse_integer("9223372036854775807", value) && value == std::numeric_limits<long long>::max()));
  CHECK((parse_integer("-9223372036854775808", value) && value == std::numeric_limits<long long>::min()));
  for (const char* const text : {"", " 1", "1 ", "+1", "1.0", "1e3", "9223372036854775808", "--1", "0x10"}) {
    INFO(text);
    CHECK_FALSE(parse_integer(text, value));
  }
}

TEST_CASE("scientific notation has so many digits after the point") {
  CHECK(scientific(1.26e-7, 0) == "1e-07");
  CHECK(scientific(-1.26e-7, 1) == "-1.3e-07");
  CHECK(scientific(5e-324, 3) == "4.941e-324");
  CHECK(scientific(-std::numeric_limits<double>::infinity(), 2) == "-inf");
}

}  // namespace attn::test
