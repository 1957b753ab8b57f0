// Numbers of tables: decimals, digits of large ones, exponents of small ones.
#include "cli/output/table.hpp"

#include <limits>

#include "cli/session.hpp"
#include "support/catch.hpp"

namespace attn::test {

using cli::number_text;

TEST_CASE("numbers have so many decimals", "[table]") {
  CHECK(number_text(0.12345, 4) == "0.1235");
  CHECK(number_text(-2, 2) == "-2.00");
  CHECK(number_text(9999999, 1) == "9999999.0");
  CHECK(number_text(0, 4) == "0.0000");
  CHECK(number_text(0, 0) == "0");
  CHECK(number_text(-1e-9, 4) == "-1e-09");
  CHECK(number_text(-1e-9, 3) == "-1e-09");
  CHECK(number_text(-1e-9, 2) == "0.00");
  CHECK(number_text(-0.04, 1) == "0.0");
  CHECK(number_text(-0.06, 1) == "-0.1");
  CHECK(number_text(-0.4, 0) == "0");
  CHECK(number_text(-0.0, 1) == "-0.0");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN(), 4) == "nan");
  CHECK(number_text(-std::numeric_limits<double>::infinity(), 4) == "-inf");
}

TEST_CASE("large numbers have all their digits, of float64 too, or an exponent where that is shorter", "[table]") {
  CHECK(number_text(16777216, 4) == "16777216");
  CHECK(number_text(16777217.25, 3) == "16777217.25");
  CHECK(number_text(123456789.125, 1) == "123456789.1");
  CHECK(number_text(static_cast<double>(1.1e10F), 4) == "1.1e+10");
  CHECK(number_text(-1e300, 4) == "-1e+300");
}

TEST_CASE("numbers that their decimals would show as zero have an exponent", "[table]") {
  CHECK(number_text(0.00004, 4) == "4e-05");
  CHECK(number_text(0.00006, 4) == "0.0001");
  CHECK(number_text(1.26e-9, 4) == "1e-09");
  CHECK(number_text(-1.26e-9, 6) == "-1.26e-09");
  CHECK(number_text(0.0004, 3) == "4e-04");
  CHECK(number_text(std::numeric_limits<double>::denorm_min(), 4) == "5e-324");
  // An exponent would be wider than so few decimals.
  CHECK(number_text(0.004, 2) == "0.00");
}

TEST_CASE("compute prints float64 with its own digits and tiny numbers with exponents", "[table]") {
  const std::string document = R"({"query":[[0]],"key":[[0]],"value":[[16777217.25,1e-9,0]]})";
  const Arguments compute{"compute", "--dtype", "f64", "--precision", "3", "--emit", "output"};
  CHECK(run(compute + Arguments{"-f", "text"}, document).out.find("  16777217.25        1e-09        0.000\n") !=
        std::string::npos);
  CHECK(run(compute + Arguments{"--steps"}, document).out.find("16777217.25") != std::string::npos);
}

}  // namespace attn::test
