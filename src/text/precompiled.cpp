// SentencePiece's precompiled rules: a double-array trie (Darts) of 32-bit units.
#include <cstdint>
#include <optional>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "text/normalizers.hpp"
#include "text/settings.hpp"
#include "text/unicode.hpp"

namespace attn::text {
namespace {

std::string decode_base64(std::string_view text, const std::string& where) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string_view::npos) throw data_error(where, "is no base64");
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xFFU);
  }
  return bytes;
}

class CharactersMap {
 public:
  CharactersMap(std::string_view base64, std::string where) : where_(std::move(where)) {
    const std::string bytes = decode_base64(base64, where_);
    const auto word = [&bytes](std::size_t at) {
      std::uint32_t value = 0;
      for (std::size_t i = 4; i-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
      return value;
    };
    const std::size_t size = bytes.size() < 4 ? 0 : word(0);
    if (size < 4 || size % 4 != 0 || size > bytes.size() - 4)
      throw data_error(where_, "is cut off, or no map of characters");
    for (std::size_t at = 4; at < 4 + size; at += 4) units_.push_back(word(at));
    replacements_ = bytes.substr(4 + size);
    if (find_invalid_utf8(replacements_) != std::string::npos)
      throw data_error(where_, "has replacements that are not UTF-8");
  }

  // What stands for the text, by the shortest entry that it begins with.
  std::optional<std::string_view> find(std::string_view text) const {
    std::size_t at = offset(unit(0));
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte == 0) break;
      at ^= byte;
      const std::uint32_t found = unit(at);
      if ((found & 0x800000FFU) != byte) break;
      at ^= offset(found);
      if (((found >> 8U) & 1U) == 0) continue;
      const std::size_t begin = unit(at) & 0x7FFFFFFFU;
      if (begin > replacements_.size()) throw data_error(where_, "points past its end");
      const std::string_view rest = std::string_view(replacements_).substr(begin);
      if (!rest.empty() && (static_cast<unsigned char>(rest[0]) & 0xC0U) == 0x80)
        throw data_error(where_, "points into a character");
      return rest.substr(0, rest.find('\0'));
    }
    return std::nullopt;
  }

 private:
  std::uint32_t unit(std::size_t at) const {
    if (at >= units_.size()) throw data_error(where_, "points past its end");
    return units_[at];
  }
  static std::size_t offset(std::uint32_t unit) { return std::size_t{unit >> 10U} << ((unit & (1U << 9U)) >> 6U); }

  std::string where_, replacements_;
  std::vector<std::uint32_t> units_;
};

// `count` characters become those of `content`: one by one, and what is left over of either goes to the last.
void append_replacement(std::vector<Change>& changes, std::size_t count, std::string_view content) {
  const std::u32string characters = utf32_of(content);
  for (std::size_t i = 0; i < characters.size(); ++i) changes.push_back({characters[i], i < count ? 0 : 1});
  if (characters.size() < count && !changes.empty())
    changes.back().change -= static_cast<int>(count - characters.size());
}

void normalize(AlignedText& text, const CharactersMap& map) {
  // Longer clusters are looked up character by character: so SentencePiece's users have come to expect.
  constexpr std::size_t longest_cluster = 5;  // in bytes
  std::vector<Change> changes;
  bool is_changed = false;
  std::size_t begin = 0;
  for (const std::size_t end : grapheme_ends(text)) {
    std::string cluster;
    for (std::size_t i = begin; i < end; ++i) append_utf8(cluster, text.chars()[i].value);
    const auto whole = cluster.size() <= longest_cluster ? map.find(cluster) : std::nullopt;
    if (whole) {
      is_changed = true;
      append_replacement(changes, end - begin, *whole);
    }
    for (std::size_t i = begin; i < end && !whole; ++i) {
      std::string character;
      append_utf8(character, text.chars()[i].value);
      if (const auto content = map.find(character)) {
        is_changed = true;
        append_replacement(changes, 1, *content);
      } else {
        changes.push_back({text.chars()[i].value, 0});
      }
    }
    begin = end;
  }
  if (is_changed) text.transform(changes);
}

}  // namespace

Normalizer make_precompiled(const io::Config& part) {
  constexpr const char* name = "precompiled_charsmap";
  return [map = CharactersMap(needed_text(part, name), part.where(name))](AlignedText& text) { normalize(text, map); };
}

}  // namespace attn::text
