// The words of a command line that is still being written, as a shell takes it apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attn::cli {

struct ShellLine {
  /// Without quotes and backslashes; the last is what is being written, empty after a space.
  std::vector<std::string> words;
  /// Bytes of the last word that the shell leaves as they are: it replaces what comes after a quote that is open, or
  /// after the last of its break characters.
  std::size_t kept = 0;
};

/// `breaks`: the characters at which bash breaks words for completion ($COMP_WORDBREAKS). Assignments before the
/// command are no words of it.
ShellLine split_shell_line(std::string_view line, std::string_view breaks);

}  // namespace attn::cli
