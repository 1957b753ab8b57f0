// Names and characters of single bytes.
#include "text/byte_tokens.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace attn::text {
namespace {

// Bytes that have a visible character of their own in Latin-1.
bool is_visible(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < alphabet.size(); ++byte) alphabet[byte] = is_visible(byte) ? byte : next++;
  return alphabet;
}

const std::array<char32_t, 256>& alphabet() {
  static const std::array<char32_t, 256> characters = make_alphabet();
  return characters;
}

// The bytes of a character that are there, or none.
void append_bytes(std::string& text, std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t length = std::min<std::size_t>(4, bytes.size());
    while (length > 0 && find_invalid_utf8(bytes.substr(0, length)) != std::string_view::npos) --length;
    if (length == 0) {
      text += byte_name(static_cast<unsigned char>(bytes.front()));
      length = 1;
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length);
  }
}

}  // namespace

std::string byte_name(unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return std::string("<0x") + digits[byte >> 4U] + digits[byte & 0xFU] + ">";
}

ByteTokens find_byte_tokens(const Vocabulary& vocabulary) {
  ByteTokens tokens;
  for (unsigned byte = 0; byte < tokens.size(); ++byte)
    tokens[byte] = vocabulary.find(byte_name(static_cast<unsigned char>(byte)));
  return tokens;
}

char32_t byte_level_character(unsigned char byte) { return alphabet()[byte]; }

std::vector<Change> byte_level(const AlignedText& text) {
  std::vector<Change> changes;
  std::string bytes;
  for (const AlignedChar& c : text.chars()) {
    bytes.clear();
    append_utf8(bytes, c.value);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      changes.push_back({byte_level_character(static_cast<unsigned char>(bytes[i])), i == 0 ? 0 : 1});
  }
  return changes;
}

std::string byte_level_text(std::string_view token) {
  std::string text, bytes;  // bytes past ASCII that are not in the text yet
  for (const char32_t c : utf32_of(token)) {
    const auto* const found = std::find(alphabet().begin() + 0x80, alphabet().end(), c);
    if (found != alphabet().end()) {
      bytes += static_cast<char>(found - alphabet().begin());
      continue;
    }
    append_bytes(text, bytes);
    bytes.clear();
    append_utf8(text, c);
  }
  append_bytes(text, bytes);
  return text;
}

}  // namespace attn::text
