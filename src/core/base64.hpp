// Base64: bytes as text that any document can hold.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace attn {

/// The bytes in base64 with padding (RFC 4648, section 4): four characters for every three bytes.
std::string base64(std::string_view bytes);
/// The same at the end of `text`, which is not copied if it has room.
void append_base64(std::string& text, std::string_view bytes);
/// The same of bytes that are no characters, such as a tensor's.
inline std::string base64(std::span<const std::byte> bytes) {
  return base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace attn
