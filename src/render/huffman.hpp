// Prefix codes of DEFLATE (RFC 1951, 3.2), and the bits that they are written in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace attn {

/// The length in bits of each symbol's code, by Huffman's method, none longer than `longest`, with which there are
/// codes enough for all; 0 for a symbol that does not occur. There are always two codes, as decoders want a whole
/// tree: symbols 0 and 1 get them if need be.
std::vector<std::uint8_t> code_lengths(std::vector<std::uint32_t> counts, unsigned longest);

/// The codes of these lengths, with the first bit lowest, as they are written.
std::vector<std::uint16_t> codes_of(std::span<const std::uint8_t> lengths);

/// Writes bits from the lowest of a byte on.
class BitWriter {
 public:
  /// The lowest `count` bits of `bits`, at most 32; the others are 0.
  void put(std::uint32_t bits, unsigned count) {
    pending_ |= std::uint64_t{bits} << pending_count_;
    pending_count_ += count;
    for (; pending_count_ >= 8; pending_count_ -= 8, pending_ >>= 8) bytes_ += static_cast<char>(pending_ & 0xFF);
  }
  /// All bytes; the last one is filled up with zeros.
  std::string finish() {
    if (pending_count_ > 0) put(0, 8 - pending_count_);
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  std::uint64_t pending_ = 0;
  unsigned pending_count_ = 0;
};

}  // namespace attn
