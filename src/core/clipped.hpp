// Texts of any length for messages: their beginning.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attn {

/// The text itself, or its first bytes, at most `most`, and an ellipsis; characters of UTF-8 stay whole.
inline std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace attn
