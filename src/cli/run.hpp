// The whole program as one function.
#pragma once

#include <string>
#include <vector>

#include "cli/environment.hpp"

namespace attn::cli {

/// Runs `attn ARGUMENT…` (without the program's name) and returns its exit code: 0 done, 1 bad data, 2 wrong
/// usage, 3 an expectation not met. Every error is one line on `err`. Throws only what `err` does.
int run(const std::vector<std::string>& arguments, Environment& environment);

/// Says that memory ran out, without memory. Returns the exit code.
int report_no_memory(Environment& environment);

/// The same for a process: its streams and terminal, and signals that leave no half-written file.
int run_process(int argc, char** argv);

}  // namespace attn::cli
