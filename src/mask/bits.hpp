// Rows of keys as bits: key k is bit k % 64 of word k / 64. For masks whose rows have too many ranges to list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attn/mask.hpp"

/// Compiled for several instruction sets, of which the program takes the best as it starts; too early for sanitizers.
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ATTN_MASK_CLONES [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define ATTN_MASK_CLONES
#endif

namespace attn::mask_detail {

using Word = std::uint64_t;
inline constexpr std::int64_t word_bits = 64;

inline std::size_t word_of(std::int64_t key) { return static_cast<std::size_t>(key / word_bits); }
/// Words for the keys below `keys`.
inline std::size_t words_for(std::int64_t keys) { return word_of(keys + word_bits - 1); }
/// The bits from `key` on, and those below it, in its word.
inline Word bits_from(std::int64_t key) { return ~Word{0} << (key % word_bits); }
inline Word bits_below(std::int64_t key) { return key % word_bits == 0 ? ~Word{0} : ~bits_from(key); }
inline bool has_bit(const Word* bits, std::int64_t key) { return (bits[word_of(key)] >> (key % word_bits) & 1) != 0; }

/// Calls visit(w, mask) for every word of a range that is not empty, with the bits of it that are in the range.
template <class Visit>
void for_words(KeyRange range, Visit visit) {
  const std::size_t first = word_of(range.begin), last = word_of(range.end - 1);
  for (std::size_t w = first; w <= last; ++w)
    visit(w, (w == first ? bits_from(range.begin) : ~Word{0}) & (w == last ? bits_below(range.end) : ~Word{0}));
}

void set_bits(KeyRange range, Word* bits);
/// Appends the stretches of set bits within a range that is not empty.
void append_ranges_of(const Word* bits, KeyRange range, std::vector<KeyRange>& out);
/// Set bits within a range, which may be empty.
std::uint64_t count_bits(const Word* bits, KeyRange range);
/// counts[w] += set bits of word w.
void add_counts(std::span<const Word> bits, std::int64_t* counts);

/// Words for as long as a block lasts, 0 where the keys of a range are; lent like ScratchRanges.
class ScratchBits {
 public:
  explicit ScratchBits(KeyRange cleared);
  ~ScratchBits();
  ScratchBits(const ScratchBits&) = delete;
  ScratchBits& operator=(const ScratchBits&) = delete;

  Word* data() { return words_.data(); }

 private:
  std::vector<Word>& words_;
};

}  // namespace attn::mask_detail
