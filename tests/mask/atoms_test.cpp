// Every atom against its definition, on grids of every proportion.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "mask/oracle.hpp"

namespace attn::test {
namespace {

bool divides(std::int64_t divisor, std::int64_t number) { return number % divisor == 0; }

std::vector<MaskShape> grids() {
  std::vector<MaskShape> shapes;
  for (const std::size_t queries : {0U, 1U, 2U, 5U, 9U, 16U})
    for (const std::size_t keys : {0U, 1U, 3U, 5U, 9U, 17U})
      for (const std::int64_t offset : {-20, -3, 0, 1, 4, 30}) shapes.push_back(grid_of(queries, keys, offset));
  MaskShape batch = grid_of(5, 9);
  batch.batch = 3;
  batch.heads = 2;
  batch.offsets = {-2, 0, 4};
  batch.key_lengths = {3, 0, 9};
  shapes.push_back(batch);
  return shapes;
}

void check_everywhere(const std::string& expression, const Predicate& attends) {
  const Mask mask = Mask::parse(expression, "--mask");
  for (const MaskShape& shape : grids()) {
    INFO(expression);
    CHECK(difference(mask.bind(shape), attends) == "");
  }
}

std::int64_t bottom_right(const Score& s) {
  const auto keys = static_cast<std::int64_t>(s.shape.keys);
  const std::int64_t length = s.shape.key_lengths.empty() ? keys : s.shape.key_lengths[s.b];
  return s.i + length - static_cast<std::int64_t>(s.shape.queries);
}

}  // namespace

TEST_CASE("all and none attend every key and no key") {
  check_everywhere("all", [](const Score&) { return true; });
  check_everywhere("none", [](const Score&) { return false; });
}

TEST_CASE("causal attends keys up to the query's position") {
  check_everywhere("causal", [](const Score& s) { return s.k <= s.p; });
  check_everywhere("causal:bottom-right", [](const Score& s) { return s.k <= bottom_right(s); });
}

TEST_CASE("window attends keys around the query's position") {
  for (const std::int64_t left : {-1, 0, 1, 2, 5, 100})
    for (const std::int64_t right : {-1, 0, 1, 3, 100}) {
      const auto within = [left, right](std::int64_t p, std::int64_t k) {
        return (left < 0 || k >= p - left) && (right < 0 || k <= p + right);
      };
      const std::string atom = "window:" + std::to_string(left) + "," + std::to_string(right);
      check_everywhere(atom, [within](const Score& s) { return within(s.p, s.k); });
      check_everywhere(atom + ":bottom-right", [within](const Score& s) { return within(bottom_right(s), s.k); });
    }
}

TEST_CASE("window:2,0 is the query itself and the two keys before it") {
  CHECK(picture("window:2,0", grid_of(4, 4)) == "1000 1100 1110 0111");
}

TEST_CASE("causal is upper left, and causal:bottom-right ends at the last key") {
  CHECK(picture("causal", grid_of(2, 4)) == "1000 1100");
  CHECK(picture("causal:bottom-right", grid_of(2, 4)) == "1110 1111");
  CHECK(picture("causal:bottom-right", grid_of(4, 2)) == "00 00 10 11");
}

TEST_CASE("sink, prefix and padding attend the first keys") {
  for (const std::int64_t count : {0, 1, 4, 9, 1000})
    for (const std::string name : {"sink:", "prefix:", "padding:"})
      check_everywhere(name + std::to_string(count), [count](const Score& s) { return s.k < count; });
}

TEST_CASE("global attends from and to the listed positions") {
  check_everywhere("global:0", [](const Score& s) { return s.p == 0 || s.k == 0; });
  const std::vector<std::int64_t> listed{7, 2, 3, 2, 40};
  const auto is_listed = [listed](std::int64_t n) { return std::count(listed.begin(), listed.end(), n) > 0; };
  check_everywhere("global:7,2,3,2,40", [is_listed](const Score& s) { return is_listed(s.p) || is_listed(s.k); });
}

TEST_CASE("block attends keys of the query's own block") {
  for (const std::int64_t size : {1, 2, 3, 100})
    check_everywhere("block:" + std::to_string(size),
                     [size](const Score& s) { return floor_of(s.p, size) == floor_of(s.k, size); });
}

TEST_CASE("stride attends keys at multiples of the step") {
  for (const std::int64_t step : {1, 2, 3, 50})
    check_everywhere("stride:" + std::to_string(step), [step](const Score& s) { return divides(step, s.p - s.k); });
}

TEST_CASE("dilated attends keys at multiples of the step within reach") {
  for (const std::int64_t reach : {0, 1, 4, 60})
    for (const std::int64_t step : {1, 2, 3, 50})
      check_everywhere("dilated:" + std::to_string(reach) + "," + std::to_string(step), [reach, step](const Score& s) {
        return std::abs(s.p - s.k) <= reach && divides(step, s.p - s.k);
      });
}

TEST_CASE("documents attends keys of the query's own document") {
  const std::vector<int> document{0, 0, 0, 2, 3, 3};
  const auto at = [document](std::int64_t n) { return document.at(static_cast<std::size_t>(n)); };
  const Mask mask = Mask::parse("documents:3,0,1,2", "--mask");
  for (const auto& [queries, offset] : {std::pair<std::size_t, int>{6, 0}, {2, 4}, {0, 9}, {4, 1}, {3, -2}})
    CHECK(difference(mask.bind(grid_of(queries, 6, offset)),
                     [at](const Score& s) { return s.p >= 0 && at(s.p) == at(s.k); }) == "");
  CHECK(picture("documents:0", grid_of(0, 0)) == "");
}

TEST_CASE("segments attends keys of equal ids, wherever they stand") {
  MaskShape shape = grid_of(8, 8);
  shape.segments = {5, 5, -1, 5, 2, -1, -1, 2};
  const Mask mask = Mask::parse("segments", "--mask");
  const auto equal = [](const Score& s) {
    return s.p >= 0 &&
           s.shape.segments[static_cast<std::size_t>(s.p)] == s.shape.segments[static_cast<std::size_t>(s.k)];
  };
  CHECK(difference(mask.bind(shape), equal) == "");
  shape.queries = 3;
  for (const std::int64_t offset : {-2, 0, 5}) {
    shape.offsets = {offset};
    CHECK(difference(mask.bind(shape), equal) == "");
  }
  CHECK(mask.bind(grid_of(0, 0)).shape().keys == 0);
}

TEST_CASE("grid attends keys of near rows and columns") {
  for (const auto& [height, width] : {std::pair{3, 4}, {4, 3}, {1, 12}, {12, 1}, {5, 7}})
    for (const int reach : {0, 1, 2, 50}) {
      const std::string atom =
          "grid:" + std::to_string(height) + "x" + std::to_string(width) + "," + std::to_string(reach);
      const Mask mask = Mask::parse(atom, "--mask");
      const auto near = [w = width, reach](const Score& s) {
        return s.p >= 0 && std::abs(s.p / w - s.k / w) <= reach && std::abs(s.p % w - s.k % w) <= reach;
      };
      INFO(atom);
      for (const MaskShape& shape :
           {grid_of(12, 12), grid_of(4, 12, 8), grid_of(12, 5), grid_of(5, 11, -3), grid_of(0, 0)})
        CHECK(difference(mask.bind(shape), near) == "");
    }
}

TEST_CASE("tree attends a node and its ancestors") {
  const std::vector<std::int64_t> parents{-1, 0, 1, 1, 0, 4, 5, -1, 7, 6, 9};
  const Mask mask = Mask::parse("tree:-1,0,1,1,0,4,5,-1,7,6,9", "--mask");
  const auto is_above = [parents](const Score& s) {
    std::int64_t node = s.p;
    while (node >= 0 && node != s.k) node = parents[static_cast<std::size_t>(node)];
    return node >= 0;
  };
  for (const auto& [queries, offset] : {std::pair<std::size_t, int>{11, 0}, {4, 7}, {5, -3}, {0, 0}})
    CHECK(difference(mask.bind(grid_of(queries, 11, offset)), is_above) == "");
}

TEST_CASE("random is SplitMix64 of SplitMix64, the same on every machine") {
  // The published outputs of SplitMix64 for the seed 1234567 seed the rows.
  const auto output = [](std::uint64_t seed, std::uint64_t n) {
    std::uint64_t state = seed, z = 0;
    for (std::uint64_t step = 0; step <= n; ++step) {
      state += 0x9E3779B97F4A7C15U;
      z = state;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
      z ^= z >> 31;
    }
    return z;
  };
  CHECK(output(1234567, 0) == 6457827717110365317U);
  CHECK(output(1234567, 1) == 3203168211198807973U);
  CHECK(output(1234567, 4) == 16408922859458223821U);
  for (const double probability : {0.5, 0.25, 0.9, 1e-3}) {
    const auto threshold = static_cast<std::uint64_t>(std::ldexp(probability, 64));
    check_everywhere("random:" + std::to_string(probability) + ",1234567", [&](const Score& s) {
      return output(output(1234567, static_cast<std::uint64_t>(s.i)), static_cast<std::uint64_t>(s.k)) < threshold;
    });
  }
}

TEST_CASE("random is exact at 0 and 1, near its probability between, and depends on its seed") {
  check_everywhere("random:0,1", [](const Score&) { return false; });
  check_everywhere("random:1,18446744073709551615", [](const Score&) { return true; });
  const MaskShape shape = grid_of(500, 400);
  for (const double probability : {0.02, 0.3, 0.5, 0.99}) {
    const double density =
        Mask::parse("random:" + std::to_string(probability) + ",7", "").bind(shape).stats(64, 64).density;
    // Five standard deviations of a binomial of 200000.
    CHECK(std::abs(density - probability) < 5 * std::sqrt(probability * (1 - probability) / 200000));
  }
  CHECK(picture("random:0.5,1", grid_of(8, 8)) != picture("random:0.5,2", grid_of(8, 8)));
  CHECK(picture("random:1e-300,1", grid_of(8, 8)).find('1') == std::string::npos);
}

TEST_CASE("key lengths hide padding, and nothing where there is none") {
  MaskShape shape = grid_of(4, 6);
  shape.batch = 3;
  shape.key_lengths = {6, 2, 0};
  const auto below = [](const Score& s) { return s.k < s.shape.key_lengths[s.b]; };
  CHECK(difference(Mask::key_lengths().bind(shape), below) == "");
  shape.key_lengths = {6, 6, 6};
  CHECK(Mask::key_lengths().bind(shape).unrestricted());
  shape.key_lengths.clear();
  CHECK(Mask::key_lengths().bind(shape).unrestricted());
}

TEST_CASE("a mask that hides nothing on its grid is unrestricted there") {
  for (const std::string expression :
       {"all", "causal:bottom-right", "window:-1,-1", "window:8,0:bottom-right", "sink:9", "padding:10", "stride:1",
        "random:1,0", "!none", "causal:bottom-right & sink:9", "none | all", "!(none & causal)"}) {
    INFO(expression);
    CHECK(Mask::parse(expression, "--mask").bind(grid_of(1, 9)).unrestricted());
  }
  CHECK(Mask::parse("causal", "--mask").bind(grid_of(1, 9, 8)).unrestricted());
  for (const std::string expression : {"causal", "causal:bottom-right", "window:8,0:bottom-right", "sink:8", "none",
                                       "!all", "stride:2", "all & sink:8"}) {
    INFO(expression);
    CHECK_FALSE(Mask::parse(expression, "--mask").bind(grid_of(2, 9)).unrestricted());
  }
}

TEST_CASE("the largest numbers do not overflow") {
  const std::string most = "1152921504606846976";
  const auto position = std::int64_t{1} << 60;
  CHECK(picture("window:" + most + "," + most, grid_of(1, 2, position)) == "11");
  CHECK(picture("window:" + most + ",0", grid_of(1, 2, -position)) == "00");
  CHECK(picture("block:" + most, grid_of(2, 2, -position)) == "00 00");
  CHECK(picture("block:" + most, grid_of(2, 2, -1)) == "00 11");
  CHECK(picture("stride:" + most, grid_of(2, 2, position)) == "10 01");
  CHECK(picture("dilated:" + most + "," + most, grid_of(2, 2, -position)) == "10 01");
  CHECK(picture("grid:1x" + most + "," + most, grid_of(2, 2, 5)) == "11 11");
}

}  // namespace attn::test
