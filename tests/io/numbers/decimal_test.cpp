// Decimal text to float64: the fast ways against std::from_chars, number by number and inside documents.
#include <bit>
#include <charconv>
#include <cmath>
#include <random>

#include "io/numbers/plain_decimal.hpp"
#include "io/support.hpp"

using namespace attn;
using namespace attn::test;

namespace {

double by_from_chars(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

// Whether the plain way reads `text`, whatever follows it; it must then be right.
bool reads_plainly(const std::string& text) {
  bool reads = false;
  for (const std::string after : {", ", "]}", "\n", " 5", ".5", "-1"}) {
    const std::string padded = text + after + std::string(io::plain_decimal_reach, '9');
    double value = 0;
    const char* const end = io::scan_plain_decimal(padded.data(), value);
    reads = end != nullptr;
    if (!reads) continue;
    INFO(padded);
    REQUIRE(end == padded.data() + text.size());
    REQUIRE(same_bits(value, by_from_chars(text)));
  }
  return reads;
}

std::string digits(std::mt19937& random, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + random() % 10);
  return text;
}

std::string in_list(const std::vector<std::string>& numbers, const std::string& between) {
  std::string text;
  for (const std::string& number : numbers) text += (text.empty() ? "" : between) + number;
  return R"({"query":[)" + text + "]}";
}

}  // namespace

TEST_CASE("plain numbers are read as std::from_chars reads them") {
  std::mt19937 random(3);
  std::size_t plain = 0, all = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text = random() % 2 == 0 ? "-" : "";
    text += static_cast<char>('0' + random() % 10);
    if (text.back() != '0' && random() % 2 == 0) text += digits(random, 1);
    text += '.' + digits(random, 1 + random() % 19);
    plain += static_cast<std::size_t>(reads_plainly(text));
    ++all;
  }
  CHECK(plain > all * 9 / 10);
  for (const char* text : {"0.0", "-0.0", "0.0000000000000000", "-0.000000000000000000", "0.5", "12.25", "99.999999999",
                           "9.007199254740993", "9.0071992547409931", "90.071992547409925", "9.9999999999999999",
                           "0.30000000000000004", "0.1000000000000000055", "1.7976931348623157"})
    CHECK(reads_plainly(text));
  double value = 0;
  CHECK(io::scan_plain_decimal("7,                                   ", value) != nullptr);
  CHECK(value == 7);
  CHECK(io::scan_plain_decimal("-0]                                  ", value) != nullptr);
  CHECK(same_bits(value, -0.0));
}

TEST_CASE("what is not plain is left to the careful way") {
  const std::string pad(io::plain_decimal_reach, ' ');
  double value = 0;
  for (const char* text : {"1e5",
                           "1.5e5",
                           "1.5E5",
                           "0.1234567890123456e5",
                           "0.12345678901234567e5",
                           "1.",
                           ".5",
                           "-",
                           "-.5",
                           "+1",
                           "01",
                           "01.5",
                           "00.5",
                           "-01.5",
                           "123.5",
                           "1 ",
                           "x",
                           "nan",
                           "null",
                           "",
                           "1.e5",
                           "0.12345678901234567890",
                           "1.1234567890123456789",
                           "12.123456789012345678"}) {
    INFO(text);
    CHECK(io::scan_plain_decimal((text + pad).c_str(), value) == nullptr);
  }
}

TEST_CASE("a mantissa divided by a power of ten is the nearest float64, ties to even") {
  std::mt19937_64 random(4);
  const auto check = [](std::uint64_t mantissa, std::size_t places) {
    const std::string text = std::to_string(mantissa) + "e-" + std::to_string(places);
    INFO(text);
    REQUIRE(same_bits(io::decimal::divided_by_power(mantissa, places), by_from_chars(text)));
  };
  for (int round = 0; round < 100'000; ++round) check(random() >> random() % 64 | 1, random() % 28);
  // Half an odd number of 54 bits lies between two floats; as decimals these have up to four places.
  for (int round = 0; round < 20'000; ++round) {
    std::uint64_t halfway = random() >> 10U | std::uint64_t{1} << 53U | 1;
    for (std::size_t places = 0; places <= 4 && halfway < UINT64_MAX / 5; ++places, halfway *= 5)
      for (const std::uint64_t mantissa : {halfway - 1, halfway, halfway + 1}) check(mantissa, places);
  }
  for (std::size_t places = 0; places <= 27; ++places)
    for (const std::uint64_t mantissa : {std::uint64_t{1}, std::uint64_t{1} << 53U, (std::uint64_t{1} << 53U) + 1,
                                         UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63U})
      check(mantissa, places);
}

TEST_CASE("a list of numbers of every form reads as its numbers do") {
  std::mt19937 random(5);
  std::vector<std::string> numbers{"0",
                                   "-0",
                                   "5e-324",
                                   "2.2250738585072011e-308",
                                   "1.7976931348623157e308",
                                   "123456789",
                                   "1e-400",
                                   "9007199254740993",
                                   "0.1e1",
                                   "10.5",
                                   "100.5",
                                   "3",
                                   "-7",
                                   "0.0"};
  while (numbers.size() < 20'000) {
    switch (random() % 6) {
      case 0: numbers.push_back(digits(random, 1)); break;
      case 1: numbers.push_back("-1" + digits(random, random() % 25) + "." + digits(random, 1 + random() % 30)); break;
      case 2:
        numbers.push_back("4." + digits(random, 1 + random() % 20) + "E-" + digits(random, 1 + random() % 2));
        break;
      default: numbers.push_back("0." + digits(random, 1 + random() % 18)); break;
    }
  }
  for (const char* between : {",", ", ", " ,", ",\n      ", "\t\r\n ,             \n"}) {
    const Tensor wide = std::move(json_input(in_list(numbers, between), {DType::f64, 0}).tensors.at("query").tensor);
    REQUIRE(wide.shape() == Shape{numbers.size()});
    bool same = true;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const double expected = numbers[i] == "1e-400" ? 0 : by_from_chars(numbers[i]);
      same = same && same_bits(wide.values<double>()[i], expected);
    }
    CHECK(same);
  }
}

TEST_CASE("errors in long rows keep their place") {
  std::vector<std::string> numbers(100, "0.25");
  numbers[70] = "1e39";
  CHECK(json_error(in_list(numbers, ", ")).starts_with("in.json#/query/70: 1e39 is outside float32"));
  numbers[70] = "\"x\"";
  CHECK(json_error(in_list(numbers, ",\n")).starts_with("in.json#/query/70: a string where a number"));
  numbers[70] = "0.5.5";
  CHECK(json_error(in_list(numbers, ",")) == "in.json:1:364: ',' or ']' is expected in a list");
  numbers[70] = "01.5";
  CHECK(json_error(in_list(numbers, ",")) == "in.json:1:362: a number must not begin with 0");
  numbers[70] = "1.";
  CHECK(json_error(in_list(numbers, ",")) == "in.json:1:361: is not a number as JSON writes it, such as -1.5e3");
  numbers[70] = "";
  CHECK(json_error(in_list(numbers, ",")) == "in.json:1:361: ',' where a value is expected");
  numbers[70] = "1";
  numbers.emplace_back("");
  CHECK(json_error(in_list(numbers, ",")).ends_with(": a trailing comma"));
}

TEST_CASE("a mask of many values reads both spellings, and refuses others in their place") {
  std::string text;
  std::vector<std::uint8_t> expected;
  for (std::size_t i = 0; i < 300; ++i) {
    const bool keep = i % 3 == 0 || i % 7 == 0;
    text += std::string(i == 0       ? ""
                        : i % 5 == 0 ? ", "
                                     : ",") +
            (i % 2 == 0 ? (keep ? "true" : "false")
             : keep     ? "1"
                        : "0");
    expected.push_back(keep ? 1 : 0);
  }
  const Input input = json_input(R"({"mask":[[)" + text + "],[" + text + "]]}");
  expected.insert(expected.end(), expected.begin(), expected.begin() + 300);
  CHECK(values_of<std::uint8_t>(input.tensors.at("mask").tensor) == expected);
  CHECK(json_error(R"({"mask":[)" + text + ",2," + text + "]}").starts_with("in.json#/mask/300: 2 is neither 0 nor 1"));
  CHECK(json_error(R"({"mask":[)" + text + ",truf," + text + "]}").ends_with("is not a value; 'true' may be meant"));
  CHECK(json_error(R"({"mask":[)" + text + ",1.5," + text + "]}").starts_with("in.json#/mask/300: 1.5 is neither"));
}

TEST_CASE("a CSV of numbers of every form reads as its numbers do") {
  std::mt19937 random(8);
  std::vector<std::string> numbers{"0", "-0", "5e-324", "0.1e1", "10.5", "100.5", "-7", "9007199254740993"};
  while (numbers.size() < 3000)
    numbers.push_back((random() % 2 == 0 ? "-1." : "0.") + digits(random, 1 + random() % 20));
  for (const char separator : {',', '\t'})
    for (const std::string line_end : {"\n", "\r\n"}) {
      std::string text;
      for (std::size_t i = 0; i < numbers.size(); ++i)
        text += numbers[i] + (i % 3 == 2 ? line_end : std::string(1, separator));
      const LabelledTensor read = labelled_of(text, separator == ',' ? "csv" : "tsv", "weights", {DType::f64, 0});
      REQUIRE(read.tensor.size() == numbers.size());
      bool same = true;
      for (std::size_t i = 0; i < numbers.size(); ++i)
        same = same && same_bits(read.tensor.values<double>()[i], by_from_chars(numbers[i]));
      CHECK(same);
    }
}
