// Stretches and counts of bits, and the threads' scratch words.
#include "mask/bits.hpp"

#include <algorithm>
#include <bit>
#include <deque>

#include "core/thread_owned.hpp"
#include "mask/node.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

// A deque, because words that are lent out must not move when the stack grows.
struct ScratchStack {
  std::deque<std::vector<Word>> lists;
  std::size_t used = 0;
};

// Those at hand, or one more.
std::vector<Word>& lend() {
  auto& [lists, used] = thread_owned<ScratchStack>();
  return used < lists.size() ? lists[used] : lists.emplace_back();
}

// Words in a row; apart, so that it may be compiled for several instruction sets.
ATTN_MASK_CLONES std::uint64_t count_words(const Word* words, std::size_t count) {
  std::uint64_t sum = 0;
  for (std::size_t w = 0; w < count; ++w) sum += static_cast<std::uint64_t>(std::popcount(words[w]));
  return sum;
}

ATTN_MASK_CLONES void add_word_counts(const Word* words, std::size_t count, std::int64_t* counts) {
  for (std::size_t w = 0; w < count; ++w) counts[w] += std::popcount(words[w]);
}

}  // namespace

void set_bits(KeyRange range, Word* bits) {
  if (range.begin >= range.end) return;
  for_words(range, [bits](std::size_t w, Word mask) { bits[w] |= mask; });
}

void append_ranges_of(const Word* bits, KeyRange range, std::vector<KeyRange>& out) {
  for_words(range, [&](std::size_t w, Word mask) {
    const std::int64_t first = static_cast<std::int64_t>(w) * word_bits;
    for (Word left = bits[w] & mask; left != 0;) {
      const int begin = std::countr_zero(left);
      const int length = std::countr_one(left >> begin);
      append_range(out, {first + begin, first + begin + length});
      if (begin + length == word_bits) break;
      left &= ~Word{0} << (begin + length);
    }
  });
}

std::uint64_t count_bits(const Word* bits, KeyRange range) {
  if (range.begin >= range.end) return 0;
  const std::size_t first = word_of(range.begin), last = word_of(range.end - 1);
  const auto count = [](Word word) { return count_words(&word, 1); };
  if (first == last) return count(bits[first] & bits_from(range.begin) & bits_below(range.end));
  return count(bits[first] & bits_from(range.begin)) + count_words(bits + first + 1, last - first - 1) +
         count(bits[last] & bits_below(range.end));
}

void add_counts(std::span<const Word> bits, std::int64_t* counts) { add_word_counts(bits.data(), bits.size(), counts); }

ScratchBits::ScratchBits(KeyRange cleared) : words_(lend()) {
  const std::size_t end = words_for(cleared.end);
  if (words_.size() < end) words_.resize(end);
  std::fill(words_.begin() + static_cast<std::ptrdiff_t>(word_of(cleared.begin)),
            words_.begin() + static_cast<std::ptrdiff_t>(end), Word{0});
  ++thread_owned<ScratchStack>().used;
}

ScratchBits::~ScratchBits() { --thread_owned<ScratchStack>().used; }

// Of nodes that know nothing better: the bits of their ranges.
void Node::set_row_bits(const Row& row, KeyRange limit, Word* bits) const {
  ScratchRanges ranges;
  append_row(row, limit, *ranges);
  for (const KeyRange range : *ranges) set_bits(range, bits);
}

}  // namespace attn::mask_detail
