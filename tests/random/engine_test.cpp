// Engines: MT19937 against the standard library's, MCG31 against Intel MKL's.
#include <random>
#include <vector>

#include "golden.hpp"
#include "random/mcg31.hpp"
#include "random/mt19937.hpp"
#include "support/catch.hpp"

TEST_CASE("MT19937 gives the standard's ten-thousandth word") {
  attn::Mt19937 engine(5489);
  for (int i = 1; i < 10000; ++i) engine.next();
  CHECK(engine.next() == 4123659995U);
}

TEST_CASE("MT19937 gives the same words one by one and in blocks, over every refill") {
  for (const std::uint32_t seed : {0U, 1U, 42U, 0x80000000U, 0xffffffffU}) {
    attn::Mt19937 engine(seed);
    std::mt19937 reference(seed);
    std::size_t wanted = 1;
    for (std::size_t done = 0; done < 5000;) {
      REQUIRE(engine.next() == reference());
      const std::span<const std::uint32_t> words = engine.next_words(wanted);
      REQUIRE(!words.empty());
      REQUIRE(words.size() <= wanted);
      for (const std::uint32_t word : words) REQUIRE(word == reference());
      done += words.size();
      wanted = wanted * 3 % 1009;
    }
  }
}

TEST_CASE("taking no words changes nothing") {
  attn::Mt19937 engine(7), untouched(7);
  CHECK(engine.next_words(0).empty());
  CHECK(engine.next() == untouched.next());
}

TEST_CASE("MCG31 draws the Bernoulli numbers of Intel MKL, also where rounding decides") {
  const attn::test::Json cases = golden::read("mkl.json");
  REQUIRE(cases.size() > 100);
  for (const attn::test::Json& golden_case : cases) {
    attn::Mcg31 engine(golden_case["seed"].get<std::uint32_t>());
    const float p = static_cast<float>(golden_case["p"].get<double>());
    INFO("seed " << golden_case["seed"] << ", p " << p);
    std::string kept;
    for (std::size_t i = 0; i < golden_case["kept"].get<std::string>().size(); ++i)
      kept += engine.next() < p ? '1' : '0';
    REQUIRE(kept == golden_case["kept"].get<std::string>());
  }
}
