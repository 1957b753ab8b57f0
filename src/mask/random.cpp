// The atom that attends each pair of query and key with a probability, by a counter hash.
//
// The generator is SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
// OOPSLA 2014): its state moves on by a constant, and each output is a finaliser of the state, so that
// output n is had without those before it. Row i is the stream whose seed is output i of the stream
// seeded with SEED; key k is attended if output k of the row, as a number of 64 bits, is below P·2^64.
#include <cmath>
#include <cstdint>
#include <utility>

#include "mask/atoms.hpp"
#include "mask/bits.hpp"
#include "mask/combine.hpp"
#include "mask/ranges.hpp"

namespace attn::mask_detail {
namespace {

constexpr std::uint64_t step = 0x9E3779B97F4A7C15U;

// The state that output n is made of, and the output.
constexpr std::uint64_t state_of(std::uint64_t seed, std::uint64_t n) { return seed + (n + 1) * step; }
inline std::uint64_t finalised(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// bits[w] |= which of 64 outputs are below the threshold: those from state on, 64 for each word. Written so that
// compilers make eight words side by side.
ATTN_MASK_CLONES void set_below(std::uint64_t state, std::uint64_t threshold, Word* bits, std::size_t words) {
  for (std::size_t w = 0; w < words; ++w) {
    Word word = 0;
    for (std::uint64_t k = 0; k < 64; ++k)
      word |= Word{finalised(state + (64 * w + k) * step) < threshold ? 1U : 0U} << k;
    bits[w] |= word;
  }
}

class RandomKeys : public Atom {
 public:
  RandomKeys(std::string text, double probability, std::uint64_t seed)
      : Atom(std::move(text)),
        // Below P·2^64 is below its ceiling for whole numbers; a P under 1 leaves it under 2^64.
        threshold_(static_cast<std::uint64_t>(std::ceil(std::ldexp(probability, 64)))),
        seed_(seed) {}

  void append_row(const Row& row, KeyRange limit, std::vector<KeyRange>& out) const override {
    ScratchBits bits(limit);
    set_row_bits(row, limit, bits.data());
    append_ranges_of(bits.data(), limit, out);
  }
  void set_row_bits(const Row& row, KeyRange limit, Word* bits) const override {
    const std::uint64_t row_seed = finalised(state_of(seed_, static_cast<std::uint64_t>(row.i)));
    const std::size_t first = word_of(limit.begin), last = word_of(limit.end - 1);
    // Words that are not all within the limit come by way of their ends alone.
    const auto set_end = [&](std::size_t w, Word mask) {
      Word word = 0;
      set_below(state_of(row_seed, Word{w} * 64), threshold_, &word, 1);
      bits[w] |= word & mask;
    };
    set_end(first, bits_from(limit.begin) & (first == last ? bits_below(limit.end) : ~Word{0}));
    if (first == last) return;
    set_below(state_of(row_seed, Word{first + 1} * 64), threshold_, bits + first + 1, last - first - 1);
    set_end(last, bits_below(limit.end));
  }
  bool scattered() const override { return true; }
  // However few, each key is hashed into a word.
  double ranges_a_row(const MaskShape& shape) const override { return static_cast<double>(shape.keys); }

 private:
  std::uint64_t threshold_;
  std::uint64_t seed_;
};

// P = 0 and P = 1 are exact.
class CertainKeys : public Atom {
 public:
  CertainKeys(std::string text, bool attend) : Atom(std::move(text)), attend_(attend) {}

  void append_row(const Row& /*row*/, KeyRange limit, std::vector<KeyRange>& out) const override {
    if (attend_) append_range(out, limit);
  }
  NodePtr bind(const NodePtr& /*self*/, const MaskShape& /*shape*/) const override {
    return attend_ ? all_keys() : no_keys();
  }

 private:
  bool attend_;
};

}  // namespace

NodePtr random_keys(std::string text, double probability, std::uint64_t seed) {
  if (probability <= 0 || probability >= 1) return std::make_shared<CertainKeys>(std::move(text), probability >= 1);
  return std::make_shared<RandomKeys>(std::move(text), probability, seed);
}

}  // namespace attn::mask_detail
