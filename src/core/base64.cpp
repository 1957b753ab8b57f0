// Three bytes to four characters, by RFC 4648; two characters at a time from a table.
#include "core/base64.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace attn {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The two characters of each 12 bits.
constexpr auto pairs = [] {
  std::array<std::array<char, 2>, 4096> table{};
  for (std::size_t bits = 0; bits < table.size(); ++bits) table[bits] = {alphabet[bits >> 6], alphabet[bits & 63]};
  return table;
}();

std::uint32_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

}  // namespace

void append_base64(std::string& text, std::string_view bytes) {
  const std::size_t start = text.size(), whole = bytes.size() / 3 * 3, rest = bytes.size() - whole;
  text.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data() + start;
  for (std::size_t at = 0; at < whole; at += 3, out += 4) {
    const std::uint32_t group = byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
    std::memcpy(out, pairs[group >> 12].data(), 2);
    std::memcpy(out + 2, pairs[group & 4095].data(), 2);
  }
  if (rest == 0) return;
  // What has no byte of its own stays padding.
  const std::uint32_t group = byte_at(bytes, whole) << 16 | (rest == 2 ? byte_at(bytes, whole + 1) << 8 : 0);
  std::memcpy(out, pairs[group >> 12].data(), 2);
  if (rest == 2) out[2] = alphabet[group >> 6 & 63];
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

}  // namespace attn
