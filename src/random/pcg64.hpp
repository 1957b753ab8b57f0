// PCG64: the engine of np.random.default_rng, and how NumPy spreads a seed over it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace attn {

/// np.random.SeedSequence(seed): hashes a seed of 64 bits to a pool, and the pool to words (O'Neill's seed_seq).
class SeedSequence {
 public:
  explicit SeedSequence(std::uint64_t seed);
  /// generate_state(4, uint64).
  std::array<std::uint64_t, 4> words() const;

 private:
  std::array<std::uint32_t, 4> pool_{};
};

/// PCG XSL RR 128/64 (O'Neill, 2014): a linear congruential generator of 128 bits, whose halves are xored and rotated.
class Pcg64 {
 public:
  explicit Pcg64(std::uint64_t seed);

  /// The next 64 bits.
  std::uint64_t next() {
    step();
    const auto high = static_cast<std::uint64_t>(state_ >> 64U), mixed = high ^ static_cast<std::uint64_t>(state_);
    const unsigned turn = static_cast<unsigned>(high >> 58U);
    return mixed >> turn | mixed << (-turn & 63U);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr Wide multiplier = Wide{0x2360ed051fc65da4U} << 64U | 0x4385df649fccf645U;

  void step() { state_ = state_ * multiplier + increment_; }

  Wide state_ = 0, increment_ = 1;
};

}  // namespace attn
