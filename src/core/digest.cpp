// Four lanes of multiplications that do not wait for each other, so that memory is the limit.
#include "core/digest.hpp"

#include <bit>
#include <cstring>

namespace attn {
namespace {

// Odd numbers whose bits look random: the golden ratio's, and those of √2, √3 and √5.
constexpr std::array<std::uint64_t, 4> factors{0x9E3779B97F4A7C15, 0x6A09E667F3BCC909, 0xBB67AE8584CAA73B,
                                               0x3C6EF372FE94F82B};
constexpr std::size_t lanes = factors.size(), word = sizeof(std::uint64_t), block = lanes * word;

std::uint64_t mixed(std::uint64_t lane, std::uint64_t bits, std::uint64_t factor) {
  constexpr int turn = 29;
  return std::rotl((lane ^ bits) * factor, turn);
}

void add_block(std::array<std::uint64_t, lanes>& state, const char* bytes) {
  std::array<std::uint64_t, lanes> words{};
  std::memcpy(words.data(), bytes, block);
  for (std::size_t k = 0; k < lanes; ++k) state[k] = mixed(state[k], words[k], factors[k]);
}

}  // namespace

std::string digest(std::string_view bytes) {
  std::array<std::uint64_t, lanes> state = factors;
  const std::size_t whole = bytes.size() / block * block;
  for (std::size_t at = 0; at < whole; at += block) add_block(state, bytes.data() + at);
  std::array<char, block> rest{};  // padded with zeros: the size below tells them from zeros of the bytes
  if (whole != bytes.size()) std::memcpy(rest.data(), bytes.data() + whole, bytes.size() - whole);
  add_block(state, rest.data());
  std::uint64_t sum = bytes.size();
  constexpr int rounds = 2, half = 32;
  for (int round = 0; round < rounds; ++round)
    for (std::size_t k = 0; k < lanes; ++k) {
      sum = mixed(sum, state[k], factors[k]);
      sum ^= sum >> half;
    }
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back(digits[sum >> static_cast<unsigned>(shift) & 0xFU]);
  return text;
}

}  // namespace attn
