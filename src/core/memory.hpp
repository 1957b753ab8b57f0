// Memory: what this process may use, and sizes as people write them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attn {

/// Bytes that this process may still use: free memory of the machine, what its control groups leave it, and
/// the address space limit, whichever is least.
std::uint64_t available_memory();

/// "512M", "2GiB", "1.5g", "4096": binary units. Throws Error (usage, at `where`).
std::uint64_t parse_size(std::string_view text, const std::string& where);
/// "1.5 GiB".
std::string size_text(std::uint64_t bytes);

/// Has the C library keep the memory that large blocks leave, where it can: a run of many layers allocates the same
/// sizes again and again, and what comes from the system anew costs a fault a page.
void keep_freed_memory();

/// Bytes of a core's second-level cache; 1 MiB where the system does not say.
std::size_t second_level_cache();

}  // namespace attn
