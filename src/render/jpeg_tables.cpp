// Walks a JPEG's segments as stb_image does: with garbage between them, and after a scan in whatever comes.
#include "render/jpeg_tables.hpp"

#include <cstddef>

namespace attn {
namespace {

constexpr unsigned marker = 0xFF, define_tables = 0xC4, start_of_scan = 0xDA;
constexpr std::size_t lengths = 16, most_codes = 256;

// Past the end of the file are zeros, for stb as well.
unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

std::size_t word_at(std::string_view bytes, std::size_t at) {
  return 256U * byte_at(bytes, at) + byte_at(bytes, at + 1);
}

// Of a segment from its length on, or what looks like one; its tables may go on past its end, as stb's do.
bool is_too_full(std::string_view jpeg, std::size_t at) {
  const std::size_t end = at + word_at(jpeg, at);
  for (at += 2; at < end;) {
    std::size_t codes = 0;
    for (std::size_t i = 1; i <= lengths; ++i) codes += byte_at(jpeg, at + i);
    if (codes > most_codes) return true;
    at += 1 + lengths + codes;
  }
  return false;
}

}  // namespace

bool has_too_many_codes(std::string_view jpeg) {
  bool in_scans = false;
  std::size_t at = 0;
  while (byte_at(jpeg, at) == marker) ++at;  // the first one, which says that this is a JPEG, may be filled up as well
  for (++at; at + 1 < jpeg.size();) {
    const unsigned kind = byte_at(jpeg, at + 1);
    if (byte_at(jpeg, at) != marker || kind == marker) {
      ++at;
      continue;
    }
    if (kind == define_tables && is_too_full(jpeg, at + 2)) return true;
    in_scans = in_scans || kind == start_of_scan;
    // Where the data of a scan ends, its decoder alone knows.
    at += in_scans ? 1 : 2 + word_at(jpeg, at + 2);
  }
  return false;
}

}  // namespace attn
