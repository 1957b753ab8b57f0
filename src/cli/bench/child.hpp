// This program as a process of its own: how long it takes, and how much memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attn::cli {

/// Runs this executable with the arguments, standard input and output at /dev/null, and waits for it. Returns
/// its greatest resident memory in bytes; nothing if that cannot be told from this process' own. Throws Error
/// (data) if it cannot be started or does not exit with 0.
std::optional<std::uint64_t> run_child(const std::vector<std::string>& arguments);

/// Ends a child that is running, and waits for it. Async-signal-safe: for signal handlers.
void stop_child() noexcept;

}  // namespace attn::cli
