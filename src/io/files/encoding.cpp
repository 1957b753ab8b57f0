// Tells UTF-16 and UTF-32 by their first bytes.
#include "io/files/encoding.hpp"

#include <algorithm>
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
  // Without a mark, by two letters of ASCII: one of four bytes may be a number, such as the length of a header.
  const auto begins = [bytes](std::string_view zeros) {  // with NUL where it has 0, and something else where it has x
    return bytes.size() >= zeros.size() &&
           std::equal(zeros.begin(), zeros.end(), bytes.begin(),
                      [](char zero, char byte) { return (zero == '0') == (byte == 0); });
  };
  if (begins("x000x000")) return "UTF-32LE";
  if (begins("000x000x")) return "UTF-32BE";
  if (begins("x0x0")) return "UTF-16LE";
  if (begins("0x0x")) return "UTF-16BE";
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
