// Three bytes to four characters, by RFC 4648.
#include "core/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace attn {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : std::uint32_t{0});
    // What has no byte of its own stays padding.
    for (std::size_t k = 0; k <= count; ++k) out[k] = alphabet[group >> (18 - 6 * k) & 63];
    out += 4;
  }
  return text;
}

}  // namespace attn
