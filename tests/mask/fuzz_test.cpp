// Random expressions from a fixed seed equal their definition. Broken ones are in tests/fuzz.
#include <random>

#include "mask/oracle.hpp"

namespace attn::test {
namespace {

struct Sample {
  std::string text;
  Predicate attends;
};

// Writes an expression and its meaning side by side, without a look at the parser.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }
  std::int64_t from(std::int64_t least, std::int64_t most) { return least + below(most - least + 1); }

  Sample expression(int depth) {
    const std::int64_t kind = depth == 0 ? 0 : below(5);
    if (kind == 0) return atom();
    if (kind == 1) return negated(expression(depth - 1));
    const Sample a = expression(depth - 1), b = expression(depth - 1);
    const bool both = kind <= 3;
    const auto meaning = [both, x = a.attends, y = b.attends](const Score& s) {
      return both ? x(s) && y(s) : x(s) || y(s);
    };
    return {"(" + a.text + space() + (both ? "&" : "|") + space() + b.text + ")", meaning};
  }

  // Without the parentheses that precedence makes needless: a product of literals, summed.
  Sample flat() {
    Sample sum{"", [](const Score&) { return false; }};
    for (std::int64_t terms = from(1, 3); terms > 0; --terms) {
      Sample product{"", [](const Score&) { return true; }};
      for (std::int64_t factors = from(1, 3); factors > 0; --factors) {
        const Sample literal = below(2) == 0 ? atom() : negated(atom());
        product.text += (product.text.empty() ? "" : space() + "&" + space()) + literal.text;
        product.attends = [x = product.attends, y = literal.attends](const Score& s) { return x(s) && y(s); };
      }
      sum.text += (sum.text.empty() ? "" : space() + "|" + space()) + product.text;
      sum.attends = [x = sum.attends, y = product.attends](const Score& s) { return x(s) || y(s); };
    }
    return sum;
  }

 private:
  std::string space() { return std::string(static_cast<std::size_t>(below(3)), ' '); }

  Sample negated(const Sample& sample) {
    return {std::string("!").append(space()) + sample.text, [x = sample.attends](const Score& s) { return !x(s); }};
  }

  Sample atom() {
    const std::int64_t n = from(1, 5), m = from(0, 6), w = from(-1, 4), v = from(-1, 4);
    const auto text = [](std::int64_t number) { return std::to_string(number); };
    switch (below(9)) {
      case 0: return {"causal", [](const Score& s) { return s.k <= s.p; }};
      case 1:
        return {"window:" + text(w) + "," + text(v),
                [w, v](const Score& s) { return (w < 0 || s.p - w <= s.k) && (v < 0 || s.k <= s.p + v); }};
      case 2: return {"sink:" + text(m), [m](const Score& s) { return s.k < m; }};
      case 3:
        return {"global:" + text(m) + "," + text(n),
                [m, n](const Score& s) { return s.p == m || s.k == m || s.p == n || s.k == n; }};
      case 4: return {"stride:" + text(n), [n](const Score& s) { return (s.p - s.k) % n == 0; }};
      case 5:
        return {"dilated:" + text(m) + "," + text(n),
                [m, n](const Score& s) { return std::abs(s.p - s.k) <= m && (s.p - s.k) % n == 0; }};
      case 6: return {"all", [](const Score&) { return true; }};
      case 7: return {"none", [](const Score&) { return false; }};
      default: return {"block:" + text(n), [n](const Score& s) { return s.p >= 0 && s.p / n == s.k / n; }};
    }
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("random expressions mean what their definitions say") {
  Generator generate(20240607);
  for (int round = 0; round < 3000; ++round) {
    const Sample sample = round % 2 == 0 ? generate.expression(5) : generate.flat();
    const Mask mask = Mask::parse(sample.text, "--mask");
    const MaskShape shape = grid_of(static_cast<std::size_t>(generate.below(9)),
                                    static_cast<std::size_t>(generate.below(12)), generate.from(-6, 6));
    INFO(sample.text);
    REQUIRE(difference(mask.bind(shape), sample.attends) == "");
    const std::string text = mask.text();
    REQUIRE(Mask::parse(text, "--mask").text() == text);
    REQUIRE(difference(Mask::parse(text, "--mask").bind(shape), sample.attends) == "");
  }
}

}  // namespace attn::test
