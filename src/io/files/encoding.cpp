// Tells UTF-16 and UTF-32 by their first bytes.
#include "io/files/encoding.hpp"

#include <string>
#include <string_view>

#include "attn/error.hpp"

namespace attn::io {
namespace {

using namespace std::string_view_literals;

// As iconv names it; empty if it is none of them.
std::string_view wide_encoding(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32";
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "UTF-16";
  // Without a mark, by two letters of ASCII, or the first of four bytes.
  if (bytes.size() < 4) return {};
  const bool zeros[4] = {bytes[0] == 0, bytes[1] == 0, bytes[2] == 0, bytes[3] == 0};
  if (!zeros[0] && zeros[1]) return zeros[2] && zeros[3] ? "UTF-32LE" : zeros[3] && !zeros[2] ? "UTF-16LE" : "";
  if (zeros[0] && !zeros[3]) return zeros[1] && zeros[2] ? "UTF-32BE" : !zeros[1] && zeros[2] ? "UTF-16BE" : "";
  return {};
}

}  // namespace

void refuse_wide_encodings(const FileBytes& file) {
  const std::string name(wide_encoding(file.bytes()));
  if (name.empty()) return;
  throw data_error(file.place(),
                   "is " + name + ", and text is read as UTF-8; 'iconv -f " + name + " -t UTF-8' converts it");
}

}  // namespace attn::io
