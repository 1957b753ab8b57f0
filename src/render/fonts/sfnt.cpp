// Reads table directories; never past the end of the bytes.
#include "render/fonts/sfnt.hpp"

#include <algorithm>
#include <array>

namespace attn {
namespace {

constexpr std::size_t header = 12, entry = 16;

// A collection begins with the places of its fonts; the first of them is taken.
std::size_t directory_place(std::string_view bytes) {
  return bytes.starts_with("ttcf") ? sfnt_number(bytes, 12, 4) : 0;
}

}  // namespace

std::uint32_t sfnt_number(std::string_view bytes, std::size_t at, std::size_t count) {
  if (at > bytes.size() || count > bytes.size() - at) return 0;
  std::uint32_t value = 0;
  for (const char c : bytes.substr(at, count)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string_view sfnt_part(std::string_view bytes, std::size_t at, std::size_t length) {
  return at > bytes.size() ? std::string_view() : bytes.substr(at, length);
}

std::string_view sfnt_table(std::string_view bytes, std::string_view tag) {
  const std::size_t start = directory_place(bytes);
  const std::size_t tables = sfnt_number(bytes, start + 4, 2);
  for (std::size_t i = 0; i < tables; ++i) {
    const std::size_t at = start + header + entry * i;
    if (sfnt_part(bytes, at, 4) == tag)
      return sfnt_part(bytes, sfnt_number(bytes, at + 8, 4), sfnt_number(bytes, at + 12, 4));
  }
  return {};
}

bool begins_as_sfnt(std::string_view bytes) {
  using namespace std::string_view_literals;
  constexpr std::array begins{"\0\1\0\0"sv, "OTTO"sv, "true"sv, "ttcf"sv};
  return std::ranges::any_of(begins, [bytes](std::string_view begin) { return bytes.starts_with(begin); });
}

bool has_whole_directory(std::string_view bytes) {
  const std::size_t start = directory_place(bytes);
  if (bytes.size() < header || start > bytes.size() - header) return false;
  const std::size_t tables = sfnt_number(bytes, start + 4, 2);
  if (bytes.size() < start + header + tables * entry) return false;
  for (std::size_t i = 0; i < tables; ++i) {
    const std::size_t at = start + header + i * entry;
    const std::size_t offset = sfnt_number(bytes, at + 8, 4), length = sfnt_number(bytes, at + 12, 4);
    if (offset > bytes.size() || length > bytes.size() - offset) return false;
  }
  return true;
}

}  // namespace attn
