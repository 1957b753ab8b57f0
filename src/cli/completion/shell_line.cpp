// Quotes, backslashes and spaces, as POSIX shells and fish have them alike.
#include "cli/completion/shell_line.hpp"

#include <algorithm>
#include <cctype>

namespace attn::cli {
namespace {

bool is_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0 || std::isdigit(static_cast<unsigned char>(word[0])) != 0)
    return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

}  // namespace

ShellLine split_shell_line(std::string_view line, std::string_view breaks) {
  ShellLine split;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  const auto begin_word = [&] {
    if (!in_word) split.kept = 0;
    in_word = true;
  };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quote == '\'' ? c == quote : quote == '"' && c == quote) {
      quote = '\0';
    } else if (quote != '\0') {
      // Within double quotes a backslash is one, unless it stands before what it would hide.
      const bool hides = quote == '"' && c == '\\' && at + 1 < line.size() &&
                         std::string_view("\"\\$`").find(line[at + 1]) != std::string_view::npos;
      word += hides ? line[++at] : c;
    } else if (c == '\'' || c == '"') {
      begin_word();
      quote = c;
      split.kept = word.size();
    } else if (c == '\\') {
      begin_word();
      if (at + 1 < line.size()) word += line[++at];
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) split.words.push_back(word);
      word.clear();
      in_word = false;
    } else {
      begin_word();
      word += c;
      if (breaks.find(c) != std::string_view::npos) split.kept = word.size();
    }
  }
  if (!in_word) split.kept = 0;
  split.words.push_back(word);
  while (split.words.size() > 1 && is_assignment(split.words.front())) split.words.erase(split.words.begin());
  return split;
}

}  // namespace attn::cli
