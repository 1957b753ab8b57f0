// MT19937: the engine under PyTorch's and NumPy's seeded draws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace attn {

/// The Mersenne Twister with period 2^19937 − 1 (Matsumoto and Nishimura, 1998), seeded by init_genrand.
/// Words are made and handed out in blocks, so that loops over them vectorise.
class Mt19937 {
 public:
  explicit Mt19937(std::uint32_t seed);

  /// The next word.
  std::uint32_t next() {
    if (position_ == size) refill();
    return words_[position_++];
  }

  /// The next words: at most `count`, at least one if `count` is not 0. They stay valid until the next call.
  std::span<const std::uint32_t> next_words(std::size_t count);

 private:
  static constexpr std::size_t size = 624;

  void refill();

  std::array<std::uint32_t, size> state_;
  std::array<std::uint32_t, size> words_;  // the state, tempered
  std::size_t position_ = size;
};

}  // namespace attn
