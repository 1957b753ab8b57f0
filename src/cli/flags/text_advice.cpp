// Guesses that decide about advice alone.
#include "cli/flags/text_advice.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/number.hpp"

namespace attn::cli {

bool reads_like_text(std::string_view bytes) {
  std::string line(bytes.substr(0, std::min(bytes.find('\n'), bytes.size())));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return std::string_view(",;|\t\r").find(c) != std::string_view::npos; },
      ' ');
  std::size_t words = 0;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string::npos;) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    double number = 0;
    if (parse_double(std::string_view(line).substr(at, end - at), number)) return false;
    ++words;
    at = line.find_first_not_of(' ', end);
  }
  return words > 0;
}

bool is_text_for_file(const std::string& name) {
  if (access(name.c_str(), F_OK) == 0 || errno != ENOENT) return false;
  return name.find(' ') != std::string::npos || name.find_first_of("./:-") == std::string::npos;
}

}  // namespace attn::cli
