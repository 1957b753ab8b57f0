// PCG64: seeding.
#include "random/pcg64.hpp"

namespace attn {
namespace {

std::uint32_t folded(std::uint32_t value) { return value ^ value >> 16U; }

/// Hashes words one after the other: each with a constant of its own.
class Hash {
 public:
  Hash(std::uint32_t start, std::uint32_t multiplier) : constant_(start), multiplier_(multiplier) {}

  std::uint32_t operator()(std::uint32_t value) {
    value ^= constant_;
    constant_ *= multiplier_;
    return folded(value * constant_);
  }

 private:
  std::uint32_t constant_, multiplier_;
};

std::uint32_t mixed(std::uint32_t x, std::uint32_t y) { return folded(0xca01f9ddU * x - 0x4973f715U * y); }

}  // namespace

SeedSequence::SeedSequence(std::uint64_t seed) {
  Hash hash(0x43b0d7e5U, 0x931e8875U);
  // A seed has one word or two; the pool has room for four, and the others are 0.
  const std::array<std::uint32_t, 4> entropy = {static_cast<std::uint32_t>(seed),
                                                static_cast<std::uint32_t>(seed >> 32U), 0, 0};
  for (std::size_t i = 0; i < pool_.size(); ++i) pool_[i] = hash(entropy[i]);
  for (std::size_t from = 0; from < pool_.size(); ++from)
    for (std::size_t to = 0; to < pool_.size(); ++to)
      if (from != to) pool_[to] = mixed(pool_[to], hash(pool_[from]));
}

std::array<std::uint64_t, 4> SeedSequence::words() const {
  Hash hash(0x8b51f9ddU, 0x58f38dedU);
  std::array<std::uint64_t, 4> words{};
  for (std::size_t i = 0; i < 2 * words.size(); ++i)
    words[i / 2] |= std::uint64_t{hash(pool_[i % pool_.size()])} << (i % 2 * 32U);
  return words;
}

Pcg64::Pcg64(std::uint64_t seed) {
  const std::array<std::uint64_t, 4> words = SeedSequence(seed).words();
  increment_ = (Wide{words[2]} << 64U | words[3]) << 1U | 1U;
  step();
  state_ += Wide{words[0]} << 64U | words[1];
  step();
}

}  // namespace attn
