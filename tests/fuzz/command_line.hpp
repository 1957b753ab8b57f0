// Whole command lines within the process, and what holds of all of them.
#pragma once

#include <string>
#include <vector>

namespace attn::fuzz {

struct Answer {
  int code = 0;
  std::string out, err;
};

/// Runs `attn ARGUMENT…` in the scratch folder. Fails where the exit code is none of the documented ones, where an
/// error has not one line, and where attn finds a fault of its own.
Answer run_command(const std::vector<std::string>& arguments, const std::string& input = "");

}  // namespace attn::fuzz
