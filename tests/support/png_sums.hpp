// The sums over a PNG's chunks, for tests that change what is in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attn::test {

/// Four bytes: the CRC-32 of a chunk's type and data.
inline std::string png_sum(std::string_view type_and_data) {
  std::uint32_t crc = ~0U;
  for (const char byte : type_and_data) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xEDB88320U & (0U - (crc & 1)));
  }
  std::string sum;
  for (const int shift : {24, 16, 8, 0}) sum += static_cast<char>(~crc >> shift & 0xFF);
  return sum;
}

/// The PNG with the right sum behind each chunk, as far as its chunks can be followed.
inline std::string with_right_sums(std::string png) {
  constexpr std::size_t signature = 8, length_and_type = 8, sum = 4;
  for (std::size_t at = signature; at + length_and_type + sum <= png.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(png[at + i]);
    if (length > png.size() - at - length_and_type - sum) break;
    png.replace(at + length_and_type + length, sum, png_sum(std::string_view(png).substr(at + 4, 4 + length)));
    at += length_and_type + length + sum;
  }
  return png;
}

}  // namespace attn::test
