// What may follow on a command line of attn, for shells that complete it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/flags/flag_set.hpp"

namespace attn::cli {

struct Candidate {
  std::string text;     ///< the whole word
  std::string meaning;  ///< for people; may be empty
};

struct Candidates {
  std::vector<Candidate> list;
  bool are_files = false;  ///< some are files or folders; a folder ends with a slash
};

/// A command as it is to be completed; its flags are asked for when they are needed.
struct CompletedCommand {
  std::string name, meaning;
  std::function<std::vector<FlagInfo>()> flags;
};

/// `words` stand after the program's name; the last of them, perhaps empty, is what is being written. Files are looked
/// for in the working directory, and layers in the checkpoint that --weights names. Nothing is thrown for what is wrong
/// with the words: there are no candidates then.
Candidates candidates_of(const std::vector<std::string>& words, std::span<const CompletedCommand> commands);

}  // namespace attn::cli
