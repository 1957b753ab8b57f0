// Every pair of features of the pipeline, on every engine and kernel set, against the formula in double precision.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <sstream>

#include "attention/contract.hpp"
#include "attn/random.hpp"
#include "support/catch.hpp"
#include "support/special_values.hpp"

namespace attn::test {
namespace {

// ---- pairs --------------------------------------------------------------------------------------

constexpr std::array masks{"all",
                           "causal",
                           "causal:bottom-right",
                           "window:7,2",
                           "causal & (window:4,0 | sink:3)",
                           "block:16",
                           "documents",
                           "segments",
                           "stride:3",
                           "dilated:9,2",
                           "grid",
                           "tree",
                           "random:0.3,7",
                           "stored",
                           "key_lengths",
                           "key_starts",
                           "packed"};
enum Feature : std::size_t {
  mask,
  scale,
  softcap,
  bias,
  alibi,
  sink,
  empty_row,
  dropout,
  group,
  offset,
  size,
  widths,
  features
};
constexpr std::array<std::size_t, features> levels{masks.size(), 6, 2, 4, 3, 2, 3, 2, 3, 3, 5, 3};
using Choice = std::array<std::size_t, features>;

// Queries and keys. The first two are few enough queries for the decoding engine.
constexpr std::array<std::array<std::size_t, 2>, 5> lengths{{{1, 90}, {3, 1500}, {45, 45}, {70, 300}, {60, 25}}};

// Documents, segments and trees need a place for every query.
bool possible(std::size_t a, std::size_t x, std::size_t b, std::size_t y) {
  if (a != mask || b != size) return true;
  const std::string name = masks[x];
  return lengths[y][0] <= lengths[y][1] || (name != "documents" && name != "segments" && name != "tree");
}
bool possible(const Choice& c) { return possible(mask, c[mask], size, c[size]); }

// Choices in which every possible pair of levels of two features occurs: the best of some random ones, again and again.
std::vector<Choice> pairwise() {
  std::set<std::array<std::size_t, 4>> missing;
  for (std::size_t a = 0; a < features; ++a)
    for (std::size_t b = a + 1; b < features; ++b)
      for (std::size_t x = 0; x < levels[a]; ++x)
        for (std::size_t y = 0; y < levels[b]; ++y)
          if (possible(a, x, b, y)) missing.insert({a, x, b, y});
  std::mt19937 random(20260101);
  std::vector<Choice> choices;
  const auto pairs_of = [](const Choice& c, auto visit) {
    for (std::size_t a = 0; a < features; ++a)
      for (std::size_t b = a + 1; b < features; ++b) visit(std::array<std::size_t, 4>{a, c[a], b, c[b]});
  };
  while (!missing.empty()) {
    Choice best{};
    std::size_t most = 0;
    for (int candidate = 0; candidate < 40; ++candidate) {
      Choice c;
      for (std::size_t f = 0; f < features; ++f) c[f] = random() % levels[f];
      const auto& wanted = *missing.begin();
      c[wanted[0]] = wanted[1];
      c[wanted[2]] = wanted[3];
      if (!possible(c)) continue;
      std::size_t covered = 0;
      pairs_of(c, [&](const auto& pair) { covered += missing.count(pair); });
      if (covered > most) best = c;
      most = std::max(most, covered);
    }
    if (most == 0) continue;
    pairs_of(best, [&](const auto& pair) { missing.erase(pair); });
    choices.push_back(best);
  }
  return choices;
}

// ---- a choice as a problem ----------------------------------------------------------------------

void lay_mask(TaskCase& c, const std::string& name) {
  const std::size_t keys = c.sizes.keys;
  MaskShape& shape = c.shape;
  std::string text = name;
  if (name == "documents" || name == "segments" || name == "tree") {
    // Every query has a place.
    const auto most = static_cast<std::int64_t>(keys - c.sizes.queries);
    for (std::int64_t& o : shape.offsets) o = std::min(o, most);
  }
  if (name == "documents")
    text = "documents:" + std::to_string(keys / 3) + ",0," + std::to_string(keys - keys / 3);
  else if (name == "grid")
    text = "grid:" + std::to_string(keys + 200) + "x7,2";
  else if (name == "tree")
    for (std::size_t j = 0; j < keys; ++j)
      text += (j == 0 ? ":" : ",") + std::to_string(static_cast<std::int64_t>(j % 11 == 0 ? j / 2 : j) - 1);
  else if (name == "segments")
    for (std::size_t j = 0; j < keys; ++j) shape.segments.push_back(static_cast<std::int64_t>(j / 5 % 3));
  if (name == "stored") {
    Tensor stored(DType::u8, {c.sizes.heads, c.sizes.queries, keys});
    std::mt19937 random(5);
    for (std::uint8_t& x : stored.values<std::uint8_t>()) x = random() % 3 == 0;
    c.mask = Mask::stored(std::move(stored), "mask");
  } else if (name == "key_lengths") {
    shape.key_lengths = {static_cast<std::int64_t>(keys * 2 / 3), 0};
    if (shape.offsets == std::vector<std::int64_t>{0})
      shape.offsets = {std::max<std::int64_t>(0, shape.key_lengths[0] - static_cast<std::int64_t>(c.sizes.queries)), 0};
    c.mask = Mask::key_lengths() & Mask::parse("causal | sink:2", "--mask");
  } else if (name == "key_starts") {
    shape.key_starts = {static_cast<std::int64_t>(keys / 3), static_cast<std::int64_t>(keys - 1)};
    shape.positions = PositionsFrom::start;
    c.mask = Mask::key_starts() & Mask::parse("causal & block:7 | sink:2 | global:1,30", "--mask");
  } else if (name == "packed") {
    const std::size_t queries = c.sizes.queries, of_queries = queries / 3, of_keys = keys / 2;
    c.mask = Mask::parse("documents:" + std::to_string(of_queries) + "," + std::to_string(queries - of_queries) + "/" +
                             std::to_string(of_keys) + "," + std::to_string(keys - of_keys) + ":causal",
                         "--mask");
  } else {
    c.mask = Mask::parse(text, "--mask");
  }
}

// Drops weights with probability p, by a stream of its own.
void drop(TaskCase& c, double p) {
  RandomStream stream(Generator::torch, 17);
  const std::size_t queries = c.sizes.queries;
  const std::vector<std::uint8_t> bits =
      stream.keep_bits(c.sizes.batch * c.sizes.heads, {0, queries, queries}, c.sizes.keys, p);
  for (std::size_t n = 0; n < c.q.shape(0) * c.sizes.keys; ++n) c.kept.push_back(bits[n / 8] >> n % 8 & 1);
  c.kept_scale = 1 / (1 - p);
}

TaskCase problem_of(const Choice& choice, unsigned seed) {
  constexpr std::array<std::size_t, 3> kv_heads{4, 2, 1};
  constexpr std::array<std::array<std::size_t, 2>, 3> columns{{{8, 8}, {5, 11}, {32, 16}}};
  const auto [queries, keys] = lengths[choice[size]];
  const auto [depth, value_depth] = columns[choice[widths]];
  TaskCase c({queries, keys, depth, value_depth, 2, 4, kv_heads[choice[group]], 0}, seed);
  // No cache, one before the queries' own keys, and one that ends somewhere else.
  const auto past = static_cast<std::int64_t>(keys - std::min(queries, keys));
  c.shape.offsets = {std::array<std::int64_t, 3>{0, past, 5}[choice[offset]]};
  if (choice[scale] == 1) c.scale = 1;
  if (choice[scale] == 2) c.scale = -0.25;
  if (choice[softcap] == 1) c.softcap = 1.5;
  // One a head, one a query (of all batch items, and of each), and both.
  if (choice[scale] == 3 || choice[scale] == 5) c.head_scales = {0.5, -0.125, 0, 1.75};
  for (std::size_t n = 0; choice[scale] >= 4 && n < (choice[scale] == 4 ? 2 : 1) * queries; ++n)
    c.query_scales.push_back(static_cast<double>(n % 7) / 4 - 0.5);
  if (choice[alibi] != 0) c.slopes = {0.5, 0.25, 0.125, 0.0625};
  if (choice[alibi] == 2) {
    for (std::size_t n = 0; n < queries; ++n) c.query_positions.push_back(static_cast<double>(3 * n % 50) / 2);
    for (std::size_t n = 0; n < 2 * keys; ++n) c.key_positions.push_back(static_cast<double>(n % 41) - 4);
  }
  if (choice[sink] == 1) c.sinks = {0.5, -1, 2, 0};
  c.empty_row = static_cast<EmptyRow>(choice[empty_row]);
  if (choice[dropout] == 1) drop(c, 0.3);
  lay_mask(c, masks[choice[mask]]);
  if (choice[bias] != 0) {
    std::mt19937 random(seed);
    c.bias = Matrix::zeros(c.q.shape(0), keys);
    for (double& x : c.bias) x = static_cast<double>(random() % 64) / 16 - 2;
    if (choice[bias] >= 2)
      for (std::size_t n = 0; n < c.bias.size(); n += 3) c.bias.data()[n] = -inf;
    if (choice[bias] == 3) c.bias.fill_row(c.row(1, 2, 0), -inf);
  }
  return c;
}

std::string text_of(const Choice& c) {
  std::ostringstream text;
  text << "mask " << masks[c[mask]] << ", scale " << c[scale] << ", softcap " << c[softcap] << ", bias " << c[bias]
       << ", alibi " << c[alibi] << ", sink " << c[sink] << ", empty row " << c[empty_row] << ", dropout " << c[dropout]
       << ", group " << c[group] << ", offset " << c[offset] << ", L " << lengths[c[size]][0] << ", S "
       << lengths[c[size]][1] << ", widths " << c[widths];
  return text.str();
}

}  // namespace

TEST_CASE("every pair of features is there", "[parity]") {
  const std::vector<Choice> choices = pairwise();
  CHECK(choices.size() >= masks.size() * lengths.size() - 3);
  CHECK(choices.size() < 200);
  for (const Choice& c : choices) REQUIRE(possible(c));
}

TEST_CASE("every pair of features is right in every engine, kernel set and element type", "[parity]") {
  unsigned seed = 0;
  for (const Choice& choice : pairwise()) {
    const Contract contract(problem_of(choice, ++seed));
    for (const KernelSet* set : supported_kernel_sets())
      for (const TaskWants wants : {TaskWants::output_and_weights, TaskWants::output}) {
        INFO(text_of(choice) << "; " << set->name);
        CHECK(contract.broken_by(*set, wants) == "");
      }
  }
}

}  // namespace attn::test
