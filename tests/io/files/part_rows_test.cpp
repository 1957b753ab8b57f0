// Blocks of a file that are found again, or are others.
#include "io/files/part_rows.hpp"

#include "support/catch.hpp"

using namespace attn;
using io::Blocks;
using io::Facts;

namespace {

bool holds(const std::string& bytes, const Facts& facts) { return io::holds(FileBytes::of(bytes, "file"), facts); }

}  // namespace

TEST_CASE("blocks are told from others by what they hold", "[shared]") {
  const Facts facts = io::facts_of(Blocks{.begin = 2, .bytes = 3, .step = 5, .count = 2}, "abcdef");
  CHECK(facts.size() == 5);
  CHECK(holds("..abc..def", facts));
  CHECK(holds("--abc--def--", facts));
  CHECK_FALSE(holds("..abc..deF", facts));
  CHECK_FALSE(holds("..abc..de", facts));
  CHECK_FALSE(holds("..abc", facts));
  CHECK_FALSE(holds("", facts));
  // Lines of a text, and back.
  CHECK(holds("..abc..def", io::facts_of(io::text_of(facts))));
  CHECK(holds("", io::facts_of(Blocks{}, "")));
}

TEST_CASE("blocks of more than one piece", "[shared]") {
  std::string contents;
  for (std::size_t i = 0; i < (std::size_t{5} << 20U); ++i) contents.push_back(static_cast<char>(i * i / 7));
  const std::uint64_t half = contents.size() / 2;
  const Facts facts = io::facts_of(Blocks{.begin = 1, .bytes = half, .step = half, .count = 2}, contents);
  CHECK(holds("." + contents, facts));
  for (const std::size_t at : {std::size_t{0}, static_cast<std::size_t>(half) - 1, contents.size() - 1}) {
    std::string other = contents;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK_FALSE(holds("." + other, facts));
  }
}

TEST_CASE("facts that say nothing of blocks are held by nothing", "[shared]") {
  const Facts facts = io::facts_of(Blocks{.begin = 0, .bytes = 1, .step = 1, .count = 1}, "a");
  REQUIRE(holds("a", facts));
  CHECK_FALSE(holds("a", {}));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    Facts some = facts;
    some[i].second = "x";
    CHECK_FALSE(holds("a", some));
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(holds("a", some));
  }
}
