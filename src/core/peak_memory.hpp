// Peak memory: how much of this process was resident at most.
#pragma once

#include <cstdint>
#include <optional>

namespace attn {

/// Gives freed memory back and starts the count anew from what is resident now; false if the system does
/// not let it (/proc/self/clear_refs, proc(5)).
bool reset_peak_memory();
/// Bytes since the last reset, or since the start; nothing if the system does not tell (VmHWM, proc(5)).
std::optional<std::uint64_t> peak_memory();

}  // namespace attn
