// The table of atoms: to add one, add its row here and its node.
#include "mask/kinds.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "mask/atoms.hpp"
#include "mask/combine.hpp"

namespace attn {
namespace mask_detail {
namespace {

NodePtr make_all(Arguments& arguments) {
  arguments.expect(0);
  return all_keys();
}

NodePtr make_none(Arguments& arguments) {
  arguments.expect(0);
  return no_keys();
}

NodePtr make_causal(Arguments& arguments) {
  const bool bottom_right = arguments.take_option("bottom-right");
  arguments.expect(0);
  return window(arguments.text(), -1, 0, bottom_right);
}

NodePtr make_window(Arguments& arguments) {
  const bool bottom_right = arguments.take_option("bottom-right");
  arguments.expect(2);
  return window(arguments.text(), arguments.integer(0, -1), arguments.integer(1, -1), bottom_right);
}

NodePtr make_sink(Arguments& arguments) {
  arguments.expect(1);
  return prefix(arguments.text(), {{arguments.integer(0, 0)}, arguments.source().where});
}

NodePtr make_prefix(Arguments& arguments) {
  std::vector<std::int64_t> counts;
  if (arguments.has_fields()) counts = arguments.integers(0);
  return prefix(arguments.text(), {std::move(counts), arguments.source().where});
}

NodePtr make_padding(Arguments& arguments) {
  const bool left = arguments.take_option("left");
  PerItem counts{arguments.integers(0), arguments.source().where};
  return left ? keys_from(arguments.text(), std::move(counts)) : keys_below(arguments.text(), std::move(counts));
}

NodePtr make_global(Arguments& arguments) { return global_positions(arguments.text(), arguments.integers(0)); }

NodePtr make_block(Arguments& arguments) {
  const bool from_start = arguments.take_option("from-start");
  arguments.expect(1);
  return same_block(arguments.text(), arguments.integer(0, 1), from_start);
}

// `first` is the field of the first of them. Lengths are at most 2^60, so that a sum that is not too large yet has room
// for one more.
void check_sum(const Arguments& arguments, const std::vector<std::int64_t>& lengths, std::size_t first) {
  std::int64_t sum = 0;
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    sum += lengths[n];
    if (sum > largest_number)
      arguments.fail(arguments.field(first + n).position, "the lengths are too large to add up");
  }
}

NodePtr make_documents(Arguments& arguments) {
  const bool causal = arguments.take_option("causal");
  const auto [first, second] = arguments.two_lists(0);
  const std::size_t begin = arguments.field(0).position;
  check_sum(arguments, first, 0);
  check_sum(arguments, second, first.size() - 1);  // the last of the first and the first of the second share a field
  const std::string text = arguments.text(), &where = arguments.source().where;
  if (second.empty()) {
    const NodePtr own = documents(arguments.text_without_option(), where, first);
    return causal ? conjunction({own, window("causal", -1, 0, false)}) : own;
  }
  if (first.size() != second.size())
    arguments.fail(begin, counted(first.size(), "length") + " of queries, but " + std::to_string(second.size()) +
                              " of keys: every document has one of both, which may be 0");
  return packed_documents(text, where, first, second, causal);
}

NodePtr make_segments(Arguments& arguments) {
  arguments.expect(0);
  return segments(arguments.text(), arguments.source().where);
}

NodePtr make_stride(Arguments& arguments) {
  arguments.expect(1);
  return dilated(arguments.text(), -1, arguments.integer(0, 1));
}

NodePtr make_dilated(Arguments& arguments) {
  arguments.expect(2);
  return dilated(arguments.text(), arguments.integer(0, 0), arguments.integer(1, 1));
}

NodePtr make_grid(Arguments& arguments) {
  arguments.expect(2);
  const auto [height, width] = arguments.extent(0);
  return grid(arguments.text(), arguments.source().where, height, width, arguments.integer(1, 0));
}

NodePtr make_tree(Arguments& arguments) {
  std::vector<std::int64_t> parents = arguments.integers(-1);
  for (std::size_t n = 0; n < parents.size(); ++n)
    if (parents[n] >= static_cast<std::int64_t>(n))
      arguments.fail(arguments.field(n).position, "the parent of node " + std::to_string(n) +
                                                      " must come before it (-1: a root), not be " +
                                                      std::to_string(parents[n]));
  return tree(arguments.text(), arguments.source().where, std::move(parents));
}

NodePtr make_random(Arguments& arguments) {
  arguments.expect(2);
  return random_keys(arguments.text(), arguments.probability(0), arguments.seed(1));
}

NodePtr make_file(Arguments& arguments) {
  arguments.expect(1);
  const Source& source = arguments.source();
  if (!source.load) arguments.fail(arguments.field(0).position, "files cannot be read here");
  const std::string& path = arguments.path();
  return stored(path, source.load(path), false);
}

constexpr std::array<AtomKind, 17> kinds{{
    {"all", "every key", make_all},
    {"none", "no key", make_none},
    {"causal[:bottom-right]", "k <= p; bottom-right: p counts back from the key length, or the number of keys",
     make_causal},
    {"window:L,R[:bottom-right]", "p-L <= k <= p+R; -1 is unbounded", make_window},
    {"sink:N", "k < N", make_sink},
    {"prefix[:N,M,...]", "k < N, one N for all batch items or one each; without N the input's 'prefix_lengths'",
     make_prefix},
    {"padding:N,M,...[:left]", "k < N, one N for all batch items or one each; left: k >= N", make_padding},
    {"global:I,J,...", "p or k is listed", make_global},
    {"block:N[:from-start]", "floor(p/N) = floor(k/N); from-start: p and k count from the batch item's key start",
     make_block},
    {"documents:L1,L2,...[/K1,K2,...][:causal]",
     "p and k are in the same document; the lengths sum to the length; K: those of keys, where the first are of "
     "queries; "
     "causal: and k <= p, where K is given so that a document's last query sees its last key",
     make_documents},
    {"segments", "p and k have equal ids in the input's 'segments'", make_segments},
    {"stride:N", "N divides p-k", make_stride},
    {"dilated:R,N", "|p-k| <= R and N divides p-k", make_dilated},
    {"grid:HxW,K", "row and column of p and k on an HxW grid differ by at most K each", make_grid},
    {"tree:P0,P1,...", "k is p or an ancestor; Pj is the parent of j, -1 for a root", make_tree},
    {"random:P,SEED", "with probability P, by a hash of (SEED, i, k)", make_random},
    {"file:PATH", "as stored; file:\"a b.npy\" where the path has spaces", make_file, true},
}};

}  // namespace

std::span<const AtomKind> atom_kinds() { return kinds; }

const AtomKind* find_atom_kind(std::string_view name) {
  for (const AtomKind& kind : kinds)
    if (kind.name() == name) return &kind;
  return nullptr;
}

std::vector<std::string_view> atom_names() {
  std::vector<std::string_view> names;
  for (const AtomKind& kind : kinds) names.push_back(kind.name());
  return names;
}

}  // namespace mask_detail

std::vector<MaskAtomHelp> mask_atoms() {
  std::vector<MaskAtomHelp> help;
  for (const mask_detail::AtomKind& kind : mask_detail::atom_kinds()) help.push_back({kind.form, kind.meaning});
  return help;
}

}  // namespace attn
