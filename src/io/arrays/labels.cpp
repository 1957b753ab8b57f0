// Labels, one a line.
#include "io/arrays/labels.hpp"

#include <algorithm>

#include "attn/error.hpp"
#include "core/utf8.hpp"
#include "io/files/encoding.hpp"

namespace attn::io {

bool looks_like_json_list(std::string_view bytes) {
  constexpr std::string_view space = " \t\r\n";
  bytes = without_byte_order_mark(bytes);  // of which its reader says that it must not be there
  const std::size_t open = bytes.find_first_not_of(space);
  if (open == std::string_view::npos || bytes[open] != '[') return false;
  const std::size_t next = bytes.find_first_not_of(space, open + 1);
  if (next == std::string_view::npos) return false;
  return bytes[next] == '"' ||
         (bytes[next] == ']' && bytes.find_first_not_of(space, next + 1) == std::string_view::npos);
}

std::vector<std::string> read_label_lines(const FileBytes& file) {
  refuse_wide_encodings(file);
  std::string_view rest = without_byte_order_mark(file.bytes());
  if (rest.empty()) throw data_error(file.place(), "is empty; one label a line is expected");
  std::vector<std::string> labels;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (find_invalid_utf8(line) != std::string_view::npos)
      throw data_error(file.place() + ":" + std::to_string(labels.size() + 1), "is not valid UTF-8");
    labels.emplace_back(line);
  }
  return labels;
}

}  // namespace attn::io
