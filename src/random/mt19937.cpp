// MT19937: seeding, the recurrence and the tempering.
#include "random/mt19937.hpp"

#include <algorithm>

namespace attn {
namespace {

constexpr std::size_t shift_size = 397;

// Without a branch, so that the loops below become SIMD.
std::uint32_t twist(std::uint32_t high, std::uint32_t low, std::uint32_t far) {
  const std::uint32_t joined = (high & 0x80000000U) | (low & 0x7fffffffU);
  return far ^ (joined >> 1U) ^ ((0U - (joined & 1U)) & 0x9908b0dfU);
}

std::uint32_t temper(std::uint32_t y) {
  y ^= y >> 11U;
  y ^= (y << 7U) & 0x9d2c5680U;
  y ^= (y << 15U) & 0xefc60000U;
  return y ^ (y >> 18U);
}

}  // namespace

Mt19937::Mt19937(std::uint32_t seed) {
  state_[0] = seed;
  for (std::uint32_t i = 1; i < size; ++i) state_[i] = 1812433253U * (state_[i - 1] ^ (state_[i - 1] >> 30U)) + i;
}

void Mt19937::refill() {
  constexpr std::size_t head = size - shift_size;
  for (std::size_t i = 0; i < head; ++i) state_[i] = twist(state_[i], state_[i + 1], state_[i + shift_size]);
  for (std::size_t i = head; i < size - 1; ++i) state_[i] = twist(state_[i], state_[i + 1], state_[i - head]);
  state_[size - 1] = twist(state_[size - 1], state_[0], state_[shift_size - 1]);
  std::transform(state_.begin(), state_.end(), words_.begin(), temper);
  position_ = 0;
}

std::span<const std::uint32_t> Mt19937::next_words(std::size_t count) {
  if (count != 0 && position_ == size) refill();
  const std::span<const std::uint32_t> words(words_.data() + position_, std::min(count, size - position_));
  position_ += words.size();
  return words;
}

}  // namespace attn
