// Builds trees of the rarest symbols first, and numbers their leaves.
#include "render/huffman.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <queue>
#include <utility>

namespace attn {
namespace {

// How deep each symbol's leaf lies in Huffman's tree.
std::vector<std::uint8_t> depths(std::span<const std::uint32_t> counts) {
  using Node = std::pair<std::uint64_t, std::size_t>;  // how often, and which: leaves are the symbols
  std::priority_queue<Node, std::vector<Node>, std::greater<>> rarest;
  for (std::size_t symbol = 0; symbol < counts.size(); ++symbol)
    if (counts[symbol] != 0) rarest.emplace(counts[symbol], symbol);
  std::vector<std::size_t> parents(counts.size());
  while (rarest.size() > 1) {
    const Node a = rarest.top();
    rarest.pop();
    const Node b = rarest.top();
    rarest.pop();
    const std::size_t parent = parents.size();
    parents[a.second] = parents[b.second] = parent;
    parents.push_back(parent);
    rarest.emplace(a.first + b.first, parent);
  }
  std::vector<std::uint8_t> depth(parents.size(), 0);
  for (std::size_t node = parents.size() - 1; node-- > 0;)
    if (parents[node] > node) depth[node] = static_cast<std::uint8_t>(depth[parents[node]] + 1);
  depth.resize(counts.size());
  return depth;
}

}  // namespace

std::vector<std::uint8_t> code_lengths(std::vector<std::uint32_t> counts, unsigned longest) {
  const auto used = [&counts] { return static_cast<std::size_t>(std::ranges::count_if(counts, std::identity{})); };
  for (std::size_t symbol = 0; used() < 2; ++symbol) counts[symbol] = std::max(counts[symbol], 1U);
  for (;;) {
    std::vector<std::uint8_t> lengths = depths(counts);
    if (*std::ranges::max_element(lengths) <= longest) return lengths;
    for (std::uint32_t& count : counts) count = (count + 1) / 2;  // the tree of counts that differ less is flatter
  }
}

std::vector<std::uint16_t> codes_of(std::span<const std::uint8_t> lengths) {
  std::vector<std::uint16_t> codes(lengths.size());
  unsigned code = 0;
  const unsigned longest = *std::ranges::max_element(lengths);
  for (unsigned length = 1; length <= longest; ++length, code <<= 1)
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != length) continue;
      for (unsigned bit = 0; bit < length; ++bit)
        if ((code >> bit & 1) != 0)
          codes[symbol] = static_cast<std::uint16_t>(codes[symbol] | 1U << (length - 1 - bit));
      ++code;
    }
  return codes;
}

}  // namespace attn
